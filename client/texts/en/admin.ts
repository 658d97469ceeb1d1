import type { RegistrationMode } from '#protocol/account';
import type { AuditDetails, InvitationState } from '#protocol/admin';
import type { ApiError, ApiErrorCode } from '../../lib/api.ts';
import { errors } from './errors.ts';
import { isolated } from '../../lib/bidi.ts';
import { plural } from './plural.ts';

const FAULTS: Partial<Record<ApiErrorCode, string>> = {
  last_admin: 'This is the last admin. Make someone else an admin first.',
  account_disabled: 'This account is disabled. Enable it first.',
  not_found: 'It is not there any more. The list is new now.',
  forbidden: 'You are no admin of this server any more.',
};

const STATES: Record<InvitationState, string> = {
  open: 'Open',
  used: 'Used',
  expired: 'Expired',
  revoked: 'Withdrawn',
};

const MODES: Record<RegistrationMode, string> = {
  open: 'Everyone who opens this page',
  invitation: 'People with an invitation',
  closed: 'Nobody',
};

const DECIDED: Record<RegistrationMode, string> = {
  open: 'let everyone sign up',
  invitation: 'let people sign up by invitation only',
  closed: 'closed registration',
};

/** What admins do. */
export const admin = {
  title: 'Administration',
  notYours: 'This page is for the admins of this server.',
  sections: 'Sections',
  people: 'People',
  reports: 'Reports',
  registration: 'Registration',
  audit: 'Audit log',
  loading: 'Loading…',
  failed: 'The list could not be loaded.',
  tryAgain: 'Try again',
  more: 'Load more',
  cancel: 'Cancel',
  done: 'Done',
  working: 'Working…',
  fault: ({ code, retryAfter }: ApiError) => FAULTS[code] ?? errors.words(code, retryAfter),

  search: 'Search accounts',
  accounts: 'Accounts',
  nobody: 'No account matches.',
  roleAdmin: 'Admin',
  disabled: 'Disabled',
  you: 'You',
  lastSeen: (time: string) => `last active ${time}`,
  neverSeen: 'not signed in',
  actions: (name: string) => `Actions for ${isolated(name)}`,

  add: 'Add account',
  addTitle: 'Add an account',
  addNote: 'The password is made for them, and shown to you once.',
  username: 'Username',
  email: 'Email',
  makeAdmin: 'Admin of this server',

  promote: 'Make admin',
  promoted: (name: string) => `${isolated(name)} is an admin now.`,
  demote: 'Remove as admin',
  demoteTitle: (name: string) => `Remove ${isolated(name)} as admin?`,
  demoteNote: 'They go on as a member. Invitations of theirs that are open are withdrawn.',
  demoted: (name: string) => `${isolated(name)} is no admin any more.`,
  enable: 'Enable',
  enabled: (name: string) => `${isolated(name)} can sign in again.`,

  disable: 'Disable',
  disableTitle: (name: string) => `Disable ${isolated(name)}?`,
  disableNote:
    'Sessions and calls end at once, and nobody can write or call. You can enable the account again.',
  disabledNow: (name: string) => `${isolated(name)} is disabled.`,

  remove: 'Delete',
  removeTitle: (name: string) => `Delete ${isolated(name)}?`,
  removeNote: 'Name, address and settings are gone for good. What others have of the conversations stays.',
  removed: (name: string) => `${isolated(name)} is deleted.`,

  reset: 'Reset password',
  resetTitle: (name: string) => `Reset the password of ${isolated(name)}?`,
  resetNote: 'The old password is good for nothing any more, and all sessions end.',

  secretTitle: (name: string) => `The password of ${isolated(name)}`,
  secretNote: 'It is shown only now. Pass it on; it can be changed under “Account settings”.',
  password: 'Password',
  linkTitle: 'The invitation',
  linkNote: (until: string) => `It is shown only now, and lets one person sign up until ${until}.`,
  link: 'Link',
  copy: 'Copy',
  copied: 'Copied.',
  copyByHand: 'Your browser does not let this page copy: it is selected, press Ctrl+C.',

  sessions: 'Sessions',
  sessionsOf: (name: string) => `Sessions of ${isolated(name)}`,
  noSessions: 'Signed in nowhere.',
  end: 'End',
  endSession: (name: string, address: string, since: string) =>
    `End session: ${name}, ${address}, since ${since}`,
  endAll: 'End all sessions',
  ended: (count: number) => plural(count, { one: '# session was ended.', other: '# sessions were ended.' }),

  whoMaySignUp: 'Who may sign up',
  mode: (mode: RegistrationMode) => MODES[mode],
  modeSaved: 'Saved.',
  invitations: 'Invitations',
  invitationsNote: 'Each link lets one person sign up, where people with an invitation may.',
  invite: 'Create invitation',
  days: 'Good for',
  dayCount: (days: number) => plural(days, { one: '# day', other: '# days' }),
  noInvitations: 'None yet.',
  state: (state: InvitationState) => STATES[state],
  madeBy: (name: string | null, time: string) =>
    `by ${name === null ? 'the operator' : isolated(name)}, ${time}`,
  until: (time: string) => `until ${time}`,
  usedBy: (name: string) => `by ${isolated(name)}`,
  revoke: 'Withdraw',
  revokeOne: (time: string) => `Withdraw the invitation of ${time}`,
  revoked: 'The invitation is withdrawn.',

  openReports: (count: number) => plural(count, { one: '# open report', other: '# open reports' }),
  closedReports: 'Show closed reports',
  reportsNote:
    'You see what the reporter chose, and nothing else of the chat. The reported person is not told. Reports about yourself are not shown to you.',
  noReports: 'No report is open.',
  noClosedReports: 'No report is closed.',
  reportOf: (name: string, time: string) => `Report about ${isolated(name)}, ${time}`,
  reported: 'reported',
  deletedReporter: 'Someone whose account was deleted',
  reportNote: 'Note',
  reportedMessages: 'Messages',
  accountOf: (name: string) => `Account of ${isolated(name)}`,
  close: 'Close',
  closeReport: (name: string, time: string) => `Close: report about ${isolated(name)}, ${time}`,
  reportClosed: 'The report is closed.',
  closedBy: (name: string | null, time: string) =>
    `Closed by ${name === null ? 'the operator' : isolated(name)}, ${time}`,

  entries: 'What admins have done',
  noEntries: 'Nothing yet.',
  operator: 'The operator',
  entry(action: string, subject: string, { role, registration, days, backup }: AuditDetails): string {
    switch (action) {
      case 'createAccount':
        return `made an account for ${isolated(subject)}${role === 'admin' ? ', as an admin' : ''}`;
      case 'disableAccount':
        return `disabled ${isolated(subject)}`;
      case 'enableAccount':
        return `enabled ${isolated(subject)}`;
      case 'deleteAccount':
        return `deleted ${isolated(subject)}`;
      case 'setRole':
        return role === 'admin'
          ? `made ${isolated(subject)} an admin`
          : `removed ${isolated(subject)} as admin`;
      case 'resetPassword':
        return `reset the password of ${isolated(subject)}`;
      case 'endSessions':
        return `ended sessions of ${isolated(subject)}`;
      case 'setRegistration':
        return registration ? DECIDED[registration] : 'decided who may sign up';
      case 'createInvitation':
        return `created invitation ${isolated(subject)}${days === undefined ? '' : ` for ${days} days`}`;
      case 'revokeInvitation':
        return `withdrew invitation ${isolated(subject)}`;
      case 'closeReport':
        return `closed report ${isolated(subject)}`;
      case 'changeEmail':
        return 'changed their own email address';
      case 'changePassword':
        return 'changed their own password';
      case 'restore':
        return `restored the backup ${backup ?? ''}`;
      default:
        return `${action} ${isolated(subject)}`;
    }
  },
};
