import type { RegistrationMode } from '#protocol/account';
import { commandLine } from '../where-it-runs.ts';
import type { Account } from './account.ts';

/** A new account as it is added: the first one of a server is its admin, however it was made. */
export function withFirstRole(account: Account, isFirst: boolean): Account {
  return isFirst ? { ...account, role: 'admin' } : account;
}

/** How the operator of a server without an account comes to the first one, which is its admin; undefined where they just sign up. */
export function firstAccountHint(mode: RegistrationMode): string | undefined {
  switch (mode) {
    case 'open':
      return undefined;
    case 'invitation':
      return `Nobody has an account yet. Make the link by which the admin signs up: ${commandLine('admin', 'invite')}`;
    case 'closed':
      return `Nobody has an account yet. Make the admin's: ${commandLine('admin', 'add <name> --email <address>')}`;
  }
}
