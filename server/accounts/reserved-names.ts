import { skeletonsOf } from './skeleton.ts';

/** Names that seem to speak for the server or its operator, or to address everyone. */
const RESERVED = [
  'abuse',
  'admin',
  'administrator',
  'all',
  'anonymous',
  'bot',
  'chataway',
  'everybody',
  'everyone',
  'guest',
  'help',
  'helpdesk',
  'here',
  'hostmaster',
  'info',
  'mod',
  'moderator',
  'nobody',
  'official',
  'operator',
  'owner',
  'postmaster',
  'root',
  'security',
  'server',
  'service',
  'staff',
  'superuser',
  'support',
  'sysadmin',
  'sysop',
  'system',
  'team',
  'webmaster',
];
/** The beginning of the name that a deleted account gets. */
const DELETED = 'deleted';

const SEPARATORS = /[_.-]/gu;
const TRAILING_DIGITS = /\p{Nd}+$/u;

/** Skeletons in which "1", "l" and "i" are one, too: "adm1n" is written to be read as "admin". */
const looksOf = (name: string) =>
  skeletonsOf(name.replace(SEPARATORS, '')).map((each) => each.replaceAll('l', 'i'));

const RESERVED_LOOKS = new Set(RESERVED.flatMap(looksOf));
const DELETED_LOOKS = looksOf(DELETED);

/** Whether a name looks like a reserved one, with or without separators and a number behind it. */
export function isReserved(username: string): boolean {
  const looks = [...looksOf(username), ...looksOf(username.replace(TRAILING_DIGITS, ''))];
  return looks.some((look) => RESERVED_LOOKS.has(look));
}

/** Whether a name looks like the one of a deleted account. */
export function looksDeleted(username: string): boolean {
  return looksOf(username).some((look) => DELETED_LOOKS.some((deleted) => look.startsWith(deleted)));
}
