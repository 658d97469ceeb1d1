import type { RegistrationMode } from '#protocol/account';
import type {
  AdminAccount,
  AdminAnswer,
  AdminData,
  AdminMethod,
  AdminReport,
  AuditEntry,
  Invitation,
} from '#protocol/admin';
import { api, ApiError } from '../lib/api.ts';
import { PagedList } from './paged-list.svelte.ts';

const SEARCH_PAUSE = 150;

/** An account was made, with this password. */
export type OnMade = (name: string, password: string) => void;

/** What was asked for was not done. */
export type OnFault = (error: ApiError) => void;

interface Options {
  /** Tells what nobody else does. */
  onFault: OnFault;
  onSessionDoubt(): void;
}

/** What admins see and do. */
export class Admin {
  readonly accounts: PagedList<AdminAccount>;
  readonly invitations: PagedList<Invitation>;
  readonly reports: PagedList<AdminReport>;
  readonly audit: PagedList<AuditEntry>;
  readonly #options: Options;
  #search = $state('');
  #registration = $state<RegistrationMode | null>(null);
  #registrationFault = $state.raw<ApiError | null>(null);
  #deciding = $state(false);
  #closedReports = $state(false);
  #openReports = $state(0);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: Options) {
    this.#options = options;
    this.accounts = new PagedList(async (last) => {
      const search = this.#search.trim();
      const { accounts, more } = await this.#ask('listAccounts', {
        search,
        ...(last && { after: last.username }),
      });
      return { rows: accounts, more };
    });
    this.invitations = new PagedList(async (last) => {
      const before = last && { time: last.createdAt, id: last.id };
      const { invitations, more } = await this.#ask('listInvitations', { ...(before && { before }) });
      return { rows: invitations, more };
    });
    this.reports = new PagedList(async (last) => {
      const before = last && { time: last.createdAt, id: last.id };
      const closed = this.#closedReports;
      const { reports, more } = await this.#ask('listReports', { closed, ...(before && { before }) });
      return { rows: reports, more };
    });
    this.audit = new PagedList(async (last) => {
      const { entries, more } = await this.#ask('listAudit', { ...(last && { before: last.id }) });
      return { rows: entries, more };
    });
  }

  get search(): string {
    return this.#search;
  }

  /** Who may sign up; null until it is known. */
  get registration(): RegistrationMode | null {
    return this.#registration;
  }

  /** Why it is not known. */
  get registrationFault(): ApiError | null {
    return this.#registrationFault;
  }

  /** Whether a decision on who may sign up is on its way: until it is there, there is no other. */
  get deciding(): boolean {
    return this.#deciding;
  }

  /** Whether the list of reports has the closed ones, in place of those that are open. */
  get closedReports(): boolean {
    return this.#closedReports;
  }

  /** How many reports are open. */
  get openReports(): number {
    return this.#openReports;
  }

  find(text: string): void {
    this.#search = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.accounts.reload(), SEARCH_PAUSE);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  async loadRegistration(): Promise<void> {
    this.#registrationFault = null;
    const answer = await this.do('getRegistration', {}, (error) => (this.#registrationFault = error));
    this.#registration = answer?.registration ?? null;
  }

  /** Shown at once; where no answer takes it, only the server knows what holds. */
  async setRegistration(registration: RegistrationMode): Promise<boolean> {
    this.#deciding = true;
    this.#registration = registration;
    const answer = await this.do('setRegistration', { registration });
    if (answer) this.#registration = answer.registration;
    else await this.loadRegistration();
    this.#deciding = false;
    return answer !== null;
  }

  showClosedReports(closed: boolean): void {
    this.#closedReports = closed;
    void this.reports.reload();
  }

  /** Where the count cannot be had, the one before stays: the list of reports tells what is wrong. */
  async countReports(): Promise<void> {
    const answer = await this.do('countReports', {}, () => undefined);
    if (answer) this.#openReports = answer.open;
  }

  /** Whether it was done. */
  async closeReport(reportId: string): Promise<boolean> {
    const answer = await this.do('closeReport', { reportId });
    if (answer) this.reports.remove(reportId);
    else void this.reports.reload();
    void this.countReports();
    return answer !== null;
  }

  /** Does it, or tells why not, which is null. */
  async do<M extends AdminMethod>(
    method: M,
    data: AdminData<M>,
    onFault = this.#options.onFault,
  ): Promise<AdminAnswer<M> | null> {
    try {
      return await this.#ask(method, data);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      onFault(error);
      return null;
    }
  }

  /** @throws {ApiError} */
  async #ask<M extends AdminMethod>(method: M, data: AdminData<M>): Promise<AdminAnswer<M>> {
    try {
      return await api.admin(method, data);
    } catch (error) {
      if (error instanceof ApiError && error.code === 'not_signed_in') this.#options.onSessionDoubt();
      throw error;
    }
  }
}
