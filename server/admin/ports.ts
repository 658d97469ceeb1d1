import type { RegistrationMode } from '#protocol/account';
import type { AdminAccount, AdminReport, AuditEntry, Role } from '#protocol/admin';
import type { PageEnd } from '#protocol/common';
import type { Account } from '../accounts/account.ts';
import type { Added } from '../accounts/account-service.ts';
import type { Invitation } from '../accounts/invitation.ts';
import type { Admission } from '../accounts/registration.ts';
import type { SessionRepository } from '../sessions/session-service.ts';

/** Accounts as admins work on them. A deleted one is not found any more. */
export interface AdminAccountRepository {
  add(account: Account, admission: Admission): Promise<Added>;
  find(id: string, now: number): Promise<AdminAccount | undefined>;
  /** By username or email address, whatever the case. */
  findByName(name: string, now: number): Promise<AdminAccount | undefined>;
  /** By name, from behind this one. */
  list(search: string, after: string | undefined, limit: number, now: number): Promise<AdminAccount[]>;
  /** How many admins there are that can sign in. */
  countAdmins(): Promise<number>;
  /** Null is enabled. */
  setDisabled(id: string, at: number | null): Promise<void>;
  setRole(id: string, role: Role): Promise<void>;
  setPasswordHash(id: string, passwordHash: string): Promise<void>;
  /** Leaves of the account what others' conversations stand on: a row without a name, an address and settings. */
  erase(id: string, username: string, now: number): Promise<void>;
}

export interface ListedInvitation extends Invitation {
  /** Usernames. */
  readonly createdBy: string | null;
  readonly usedBy: string | null;
}

export interface InvitationRepository {
  add(
    invitation: Pick<Invitation, 'id' | 'createdAt' | 'expiresAt'>,
    tokenHash: string,
    createdBy: string | null,
  ): Promise<void>;
  /** The latest first, from where the page before ended. */
  list(before: PageEnd | undefined, limit: number): Promise<ListedInvitation[]>;
  /** False where it was not open. */
  revoke(id: string, now: number): Promise<boolean>;
  /** Revokes all open ones that this account has made. */
  revokeOf(createdBy: string, now: number): Promise<void>;
}

export interface AuditRepository {
  append(entry: Omit<AuditEntry, 'id'>): Promise<void>;
  /** The latest first, from before this id. */
  list(before: number | undefined, limit: number): Promise<AuditEntry[]>;
}

/** What people have reported. `notAbout` leaves out what is about this account. */
export interface AdminReportRepository {
  /** The open or the closed ones, the latest first, from where the page before ended. */
  list(
    which: { closed: boolean; before: PageEnd | undefined; notAbout: string | undefined },
    limit: number,
  ): Promise<AdminReport[]>;
  countOpen(notAbout: string | undefined): Promise<number>;
  /** `by` null is the operator, who sees them all. False where there is no such open one. */
  close(id: string, by: string | null, now: number): Promise<boolean>;
}

/** All that admins read and change. */
export interface AdminStore {
  readonly accounts: AdminAccountRepository;
  readonly sessions: Pick<SessionRepository, 'listByAccount' | 'end' | 'isLive'>;
  readonly invitations: InvitationRepository;
  readonly registration: {
    /** Who may sign up now. */
    mode(): Promise<RegistrationMode>;
    set(mode: RegistrationMode): Promise<void>;
  };
  readonly reports: AdminReportRepository;
  readonly audit: AuditRepository;
}

export interface AdminDatabase {
  readonly store: AdminStore;
  /** Commits all that `work` does to the store that it is given, or nothing where it throws. */
  transaction<T>(work: (store: AdminStore) => Promise<T>): Promise<T>;
}
