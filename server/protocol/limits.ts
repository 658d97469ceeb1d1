/** Limits that both sides know. This file carries no schema, so that the client's bundle stays small. */

export const USERNAME_MIN = 3;
export const USERNAME_MAX = 32;
export const EMAIL_MAX = 254;
export const PASSWORD_MIN = 10;
export const PASSWORD_MAX = 128;

/** Characters (Unicode code points) of one message. */
export const MESSAGE_MAX = 4000;
/** Messages in one page of history. */
export const MESSAGES_PAGE = 50;
/** People in one page of the list. */
export const PEOPLE_PAGE = 50;
/** Conversations in one page of the list. */
export const CONVERSATIONS_PAGE = 30;
/** Calls in one page of the list. */
export const CALLS_PAGE = 30;
/** Characters of a message shown in the list of conversations. */
export const EXCERPT_MAX = 120;
export const SEARCH_MAX = 64;
/** Messages in one report, and characters (Unicode code points) of its note. */
export const REPORT_MESSAGES_MAX = 50;
export const REPORT_NOTE_MAX = 1000;
/** Reports in one page of what admins list: each has whole messages. */
export const REPORTS_PAGE = 10;
/** Rows in one page of what admins list. */
export const ADMIN_PAGE = 50;
/** For how many days an invitation is good, unless it is said otherwise, and at most. */
export const INVITATION_DAYS = 7;
export const INVITATION_DAYS_MAX = 90;

/** Characters of an exception that a page reports. */
export const PAGE_ERROR_MESSAGE_MAX = 500;
export const PAGE_ERROR_STACK_MAX = 4000;

/** The path of the WebSocket, and its subprotocol. */
export const SOCKET_PATH = '/ws';
export const SOCKET_SUBPROTOCOL = 'protoo';
/** The largest frame a client may send, in bytes. */
export const FRAME_MAX = 65_536;
/** Close codes of ours (RFC 6455 section 7.4.2 gives 4000 to 4999 to applications). */
export const CLOSE_SESSION_ENDED = 4000;
/** RFC 6455 "service restart": come back in a moment. */
export const CLOSE_RESTART = 1012;
/** RFC 6455 "policy violation": a client that only sends what cannot be parsed. */
export const CLOSE_POLICY = 1008;

/** How long a call rings at most, in milliseconds, whatever a device hears or does not hear of its end. */
export const RINGING_MAX = 90_000;
/** How long a call waits for a side whose connection was lost, in milliseconds. */
export const RECONNECT_WITHIN = 30_000;

/** How often the client makes sure that its socket lives, in milliseconds. */
export const PING_INTERVAL = 10_000;
