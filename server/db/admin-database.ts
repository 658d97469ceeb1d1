import type { RegistrationMode } from '#protocol/account';
import type { AdminDatabase, AdminStore } from '../admin/ports.ts';
import { SqlAdminAccountRepository } from './admin-account-repository.ts';
import { SqlAuditRepository } from './audit-repository.ts';
import type { Database } from './database.ts';
import { SqlInvitationRepository } from './invitation-repository.ts';
import { SqlReportRepository } from './report-repository.ts';
import { SqlServerStateRepository } from './server-state-repository.ts';
import { SqlSessionRepository } from './session-repository.ts';

/** All that admins work on, in SQLite. */
export class SqlAdminDatabase implements AdminDatabase {
  readonly store: AdminStore;
  readonly #database: Database;
  readonly #initial: RegistrationMode;

  /** `initial` tells who may sign up until an admin decides. */
  constructor(database: Database, initial: RegistrationMode) {
    this.#database = database;
    this.#initial = initial;
    this.store = this.#storeOn(database);
  }

  transaction<T>(work: (store: AdminStore) => Promise<T>): Promise<T> {
    return this.#database.transaction((transaction) => work(this.#storeOn(transaction)));
  }

  #storeOn(database: Database): AdminStore {
    const state = new SqlServerStateRepository(database);
    return {
      accounts: new SqlAdminAccountRepository(database),
      sessions: new SqlSessionRepository(database),
      invitations: new SqlInvitationRepository(database),
      registration: {
        mode: () => state.registration(this.#initial),
        set: (mode) => state.setRegistration(mode),
      },
      reports: new SqlReportRepository(database),
      audit: new SqlAuditRepository(database),
    };
  }
}
