import { registrationMode } from '#protocol/account';
import type { AdminAccount, AdminReport, AuditEntry, Invitation } from '#protocol/admin';
import { INVITATION_DAYS, INVITATION_DAYS_MAX } from '#protocol/limits';
import type { ParseArgsConfig } from 'node:util';
import { CommandError, UsageError } from './command-error.ts';
import type { Door } from './door.ts';
import { auditRow, formatTime, invitationRow, reportText, table } from './print.ts';

/** What was typed behind a command's name. */
export interface Input {
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
}

export interface Output {
  /** For people. */
  readonly text: string;
  /** For programs. */
  readonly data: object;
}

export interface Command {
  /** What follows the name: `<…>` has to be there, `[…]` may. */
  readonly usage: string;
  readonly help: string;
  readonly words: { readonly min: number; readonly max: number };
  readonly options?: ParseArgsConfig['options'];
  run(door: Door, input: Input): Promise<Output>;
}

const ONE = { min: 1, max: 1 };
const NONE = { min: 0, max: 0 };
const ALL = { all: { type: 'boolean' } } as const;

/** By the name that is typed; in the order of the help. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  people: {
    usage: '[part of a name or address]',
    help: 'List accounts',
    words: { min: 0, max: 1 },
    async run(door, { words: [search = ''] }) {
      const accounts: AdminAccount[] = [];
      for (let more = true; more;) {
        const after = accounts.at(-1)?.username;
        const page = await door.ask('listAccounts', { search, ...(after !== undefined && { after }) });
        accounts.push(...page.accounts);
        more = page.more;
      }
      const rows = accounts.map((one) => [
        one.username,
        one.email,
        one.role,
        one.disabledAt === null ? 'enabled' : 'disabled',
        formatTime(one.lastSeenAt),
      ]);
      const headings = ['NAME', 'EMAIL', 'ROLE', 'STATE', 'LAST SEEN'];
      return { data: { accounts }, text: rows.length > 0 ? table(headings, rows) : 'There is nobody.' };
    },
  },

  add: {
    usage: '<name> --email <address> [--admin]',
    help: 'Make an account; its password is printed once',
    words: ONE,
    options: { email: { type: 'string' }, admin: { type: 'boolean' } },
    async run(door, { words: [username = ''], options }) {
      if (typeof options['email'] !== 'string') throw new UsageError('--email is missing');
      const role = options['admin'] ? 'admin' : 'member';
      const data = await door.ask('createAccount', { username, email: options['email'], role });
      const { account, password } = data;
      return { data, text: `${account.username} has an account (${account.role}). Password: ${password}` };
    },
  },

  disable: {
    usage: '<name>',
    help: 'Keep someone out: sessions and calls end, nothing is lost',
    words: ONE,
    async run(door, { words }) {
      const account = await find(door, words[0]);
      const data = await door.ask('disableAccount', { accountId: account.id });
      return { data, text: `${account.username} is disabled.` };
    },
  },

  enable: {
    usage: '<name>',
    help: 'Let them in again',
    words: ONE,
    async run(door, { words }) {
      const account = await find(door, words[0]);
      const data = await door.ask('enableAccount', { accountId: account.id });
      return { data, text: `${account.username} is enabled.` };
    },
  },

  delete: {
    usage: '<name> --yes',
    help: 'Delete an account; what others have of its chats stays',
    words: ONE,
    options: { yes: { type: 'boolean' } },
    async run(door, { words, options }) {
      const account = await find(door, words[0]);
      if (!options['yes']) {
        throw new CommandError(`Deleting ${account.username} cannot be undone: add --yes to do it.`);
      }
      await door.ask('deleteAccount', { accountId: account.id });
      return { data: { deleted: account.id }, text: `${account.username} is deleted.` };
    },
  },

  promote: {
    usage: '<name>',
    help: 'Make someone an admin',
    words: ONE,
    async run(door, { words }) {
      const account = await find(door, words[0]);
      const data = await door.ask('setRole', { accountId: account.id, role: 'admin' });
      return { data, text: `${account.username} is an admin.` };
    },
  },

  demote: {
    usage: '<name>',
    help: 'Make an admin a member',
    words: ONE,
    async run(door, { words }) {
      const account = await find(door, words[0]);
      const data = await door.ask('setRole', { accountId: account.id, role: 'member' });
      return { data, text: `${account.username} is no admin any more.` };
    },
  },

  'reset-password': {
    usage: '<name>',
    help: 'Give a new password, printed once; all sessions end',
    words: ONE,
    async run(door, { words }) {
      const account = await find(door, words[0]);
      const data = await door.ask('resetPassword', { accountId: account.id });
      return { data, text: `${account.username} has a new password: ${data.password}` };
    },
  },

  sessions: {
    usage: '<name>',
    help: 'List where someone is signed in',
    words: ONE,
    async run(door, { words }) {
      const account = await find(door, words[0]);
      const data = await door.ask('listSessions', { accountId: account.id });
      const rows = data.sessions.map((one) => [
        one.id,
        one.address,
        formatTime(one.createdAt),
        formatTime(one.lastSeenAt),
        one.userAgent,
      ]);
      const headings = ['SESSION', 'ADDRESS', 'SINCE', 'LAST SEEN', 'BROWSER'];
      const text = rows.length > 0 ? table(headings, rows) : `${account.username} is not signed in.`;
      return { data, text };
    },
  },

  'sign-out': {
    usage: '<name> [session]',
    help: 'End one of their sessions, or all',
    words: { min: 1, max: 2 },
    async run(door, { words: [name, sessionId] }) {
      const account = await find(door, name);
      const data = await door.ask('endSessions', {
        accountId: account.id,
        ...(sessionId !== undefined && { sessionId }),
      });
      return { data, text: `Sessions of ${account.username} that were ended: ${data.ended}.` };
    },
  },

  registration: {
    usage: '[open | invitation | closed]',
    help: 'Tell, or decide, who may sign up',
    words: { min: 0, max: 1 },
    async run(door, { words: [word] }) {
      if (word === undefined) {
        const data = await door.ask('getRegistration', {});
        return { data, text: `Registration: ${data.registration}.` };
      }
      const mode = registrationMode.safeParse(word);
      if (!mode.success) throw new UsageError(`"${word}" is neither open, invitation nor closed`);
      const data = await door.ask('setRegistration', { registration: mode.data });
      return { data, text: `Registration: ${data.registration}.` };
    },
  },

  invite: {
    usage: '[--days <number>]',
    help: `Make a link by which one person can sign up, good for ${INVITATION_DAYS} days`,
    words: NONE,
    options: { days: { type: 'string' } },
    async run(door, { options }) {
      const days = Number(options['days'] ?? INVITATION_DAYS);
      if (!Number.isInteger(days) || days < 1 || days > INVITATION_DAYS_MAX) {
        throw new UsageError(`--days takes a whole number from 1 to ${INVITATION_DAYS_MAX}`);
      }
      const { registration } = await door.ask('getRegistration', {});
      const address = await door.address();
      const { invitation, token } = await door.ask('createInvitation', { days });
      const link = `${address}/#/sign-up/${token}`;
      const lines = [link, `For one person, until ${formatTime(invitation.expiresAt)}.`];
      if (registration === 'closed') {
        lines.push('Registration is closed: it opens nothing before "registration invitation".');
      }
      return { data: { invitation, token, link }, text: lines.join('\n') };
    },
  },

  invitations: {
    usage: '[--all]',
    help: 'List the latest invitations, or all',
    words: NONE,
    options: ALL,
    async run(door, { options }) {
      const invitations: Invitation[] = [];
      for (let more = true; more;) {
        const last = invitations.at(-1);
        const before = last && { time: last.createdAt, id: last.id };
        const page = await door.ask('listInvitations', { ...(before && { before }) });
        invitations.push(...page.invitations);
        more = page.more && options['all'] === true;
      }
      const headings = ['INVITATION', 'STATE', 'MADE', 'BY', 'UNTIL', 'USED BY'];
      const rows = invitations.map(invitationRow);
      return { data: { invitations }, text: rows.length > 0 ? table(headings, rows) : 'There are none.' };
    },
  },

  revoke: {
    usage: '<invitation>',
    help: 'Withdraw an invitation',
    words: ONE,
    async run(door, { words: [invitationId = ''] }) {
      const data = await door.ask('revokeInvitation', { invitationId });
      return { data, text: 'The invitation is withdrawn.' };
    },
  },

  reports: {
    usage: '[--closed]',
    help: 'Show what people have reported: what is open, or what is closed',
    words: NONE,
    options: { closed: { type: 'boolean' } },
    async run(door, { options }) {
      const closed = options['closed'] === true;
      const reports: AdminReport[] = [];
      for (let more = true; more;) {
        const last = reports.at(-1);
        const before = last && { time: last.createdAt, id: last.id };
        const page = await door.ask('listReports', { closed, ...(before && { before }) });
        reports.push(...page.reports);
        more = page.more;
      }
      const text = reports.length > 0 ? reports.map(reportText).join('\n\n') : 'There are none.';
      return { data: { reports }, text };
    },
  },

  'close-report': {
    usage: '<report>',
    help: 'Close a report; it is kept',
    words: ONE,
    async run(door, { words: [reportId = ''] }) {
      const data = await door.ask('closeReport', { reportId });
      return { data, text: 'The report is closed.' };
    },
  },

  audit: {
    usage: '[--all]',
    help: 'List what admins have done lately, or ever',
    words: NONE,
    options: ALL,
    async run(door, { options }) {
      const entries: AuditEntry[] = [];
      for (let more = true; more;) {
        const before = entries.at(-1)?.id;
        const page = await door.ask('listAudit', { ...(before !== undefined && { before }) });
        entries.push(...page.entries);
        more = page.more && options['all'] === true;
      }
      const rows = entries.map(auditRow);
      const headings = ['WHEN', 'WHO', 'WHAT', 'WHOM', 'MORE'];
      return { data: { entries }, text: rows.length > 0 ? table(headings, rows) : 'Nothing yet.' };
    },
  },
};

/** @throws {CommandError} where nobody is called so. */
async function find(door: Door, name = ''): Promise<AdminAccount> {
  return (await door.ask('findAccount', { name })).account;
}
