import type { RegistrationMode } from '#protocol/account';
import type {
  AdminAccount,
  AdminAnswer,
  AdminData,
  AdminMethod,
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
  readonly audit: PagedList<AuditEntry>;
  readonly #options: Options;
  #search = $state('');
  #registration = $state<RegistrationMode | null>(null);
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

  find(text: string): void {
    this.#search = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.accounts.reload(), SEARCH_PAUSE);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  async loadRegistration(): Promise<void> {
    const answer = await this.do('getRegistration', {});
    if (answer) this.#registration = answer.registration;
  }

  /** Shown at once; where the server does not take it, as it was. */
  async setRegistration(registration: RegistrationMode): Promise<boolean> {
    const before = this.#registration;
    this.#registration = registration;
    const answer = await this.do('setRegistration', { registration });
    this.#registration = answer?.registration ?? before;
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
