import type { AdminAnswer, AdminData, AdminAccount, Named, Question } from '#protocol/admin';
import { ADMIN_PAGE, REPORTS_PAGE } from '#protocol/limits';
import { comparisonKey } from '#protocol/rules';
import { AppError } from '../errors.ts';
import { presentSession } from '../sessions/session.ts';
import type { AdminStore } from './ports.ts';
import { presentInvitation } from './present.ts';

/** Answers a question from what is in the store. `asker` null is the operator. */
export type Questions = {
  readonly [M in Question]: (
    store: AdminStore,
    data: AdminData<M>,
    asker: Named | null,
  ) => Promise<AdminAnswer<M>>;
};

/** What admins may look up. */
export const QUESTIONS: Questions = {
  async listAccounts({ accounts }, { search, after }) {
    const key = comparisonKey(search.trim());
    const found = await accounts.list(
      key,
      after === undefined ? undefined : comparisonKey(after),
      ADMIN_PAGE + 1,
      Date.now(),
    );
    return { accounts: found.slice(0, ADMIN_PAGE), more: found.length > ADMIN_PAGE };
  },

  async findAccount({ accounts }, { name }) {
    return { account: there(await accounts.findByName(name.trim(), Date.now())) };
  },

  async listSessions(store, { accountId }) {
    await accountOf(store, accountId);
    const sessions = await store.sessions.listByAccount(accountId, Date.now());
    return { sessions: sessions.map(presentSession) };
  },

  getRegistration: async ({ registration }) => ({ registration: await registration.mode() }),

  async listInvitations({ invitations }, { before }) {
    const found = await invitations.list(before, ADMIN_PAGE + 1);
    const now = Date.now();
    return {
      invitations: found.slice(0, ADMIN_PAGE).map((one) => presentInvitation(one, now)),
      more: found.length > ADMIN_PAGE,
    };
  },

  async listReports({ reports }, { closed, before }, asker) {
    const found = await reports.list({ closed, before, notAbout: asker?.id }, REPORTS_PAGE + 1);
    return { reports: found.slice(0, REPORTS_PAGE), more: found.length > REPORTS_PAGE };
  },

  countReports: async ({ reports }, _data, asker) => ({ open: await reports.countOpen(asker?.id) }),

  async listAudit({ audit }, { before }) {
    const found = await audit.list(before, ADMIN_PAGE + 1);
    return { entries: found.slice(0, ADMIN_PAGE), more: found.length > ADMIN_PAGE };
  },
};

/** @throws {AppError} `not_found`. */
export async function accountOf({ accounts }: AdminStore, accountId: string): Promise<AdminAccount> {
  return there(await accounts.find(accountId, Date.now()));
}

function there(account: AdminAccount | undefined): AdminAccount {
  if (account === undefined) throw new AppError('not_found', 'There is no such account.');
  return account;
}
