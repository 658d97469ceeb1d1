/**
 * Every error code that crosses a boundary, HTTP or WebSocket, with the HTTP status it travels under.
 * Codes are stable and meant for programs; the words beside them are meant for people and may change.
 */
export const ERROR_STATUS = {
  /** The request does not have the shape that its schema asks for. */
  invalid: 400,
  /** No such method. */
  unknown_method: 404,
  /** There is no session, or it has ended. */
  not_signed_in: 401,
  /** The username, email or password is wrong (which one is not told). */
  wrong_credentials: 401,
  /** The account exists and was disabled by an operator. */
  account_disabled: 403,
  /** The one who asks may not do this. */
  forbidden: 403,
  /** Nobody may sign up. */
  registration_closed: 403,
  /** Signing up takes an invitation, and none was brought. */
  invitation_needed: 403,
  /** The invitation is none of this server's, or is over: used, expired, revoked. */
  invitation_unknown: 403,
  invitation_used: 403,
  invitation_expired: 403,
  invitation_revoked: 403,
  /** The request came from a page of another origin. */
  wrong_origin: 403,
  /** The thing that is named does not exist, or not for the one who asks. */
  not_found: 404,
  /** The one who is called or written to has no account any more, or one that is disabled. */
  person_gone: 409,
  /** The one who asks has blocked the other: unblock them first. */
  you_blocked: 409,
  /** The service would be left without an admin. */
  last_admin: 409,
  /** The call is not in a state for this: nobody has answered it yet, or the account has joined it again since. */
  call_moved_on: 409,
  /** The one who asks is in a call already. */
  already_in_call: 409,
  /** The participant has not joined the call's media. */
  not_joined: 409,
  /** The server has no media of this call any more; join again. */
  media_lost: 409,
  /** The server's media has other addresses than this client was told; join again. */
  media_moved: 409,
  /** Media parameters that our codecs cannot carry. */
  media_refused: 400,
  /** The request body is too large. */
  too_large: 413,
  /** The request body did not arrive in time. */
  too_slow: 408,
  /** Too many requests, or too many tries. */
  rate_limited: 429,
  /** The server cannot take more of this right now. */
  overloaded: 503,
  /** The server is about to stop, and takes nothing new; the next one is there in a moment. */
  restarting: 503,
  /** A fault of ours; it is in the server's log. */
  internal: 500,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

/** What is wrong with one field of a form; the client has the words for each. */
export const FIELD_PROBLEMS = [
  'required',
  'too_short',
  'too_long',
  'bad_characters',
  'bad_marks',
  'no_letter',
  'mixed_scripts',
  'reserved',
  'looks_alike',
  'not_an_email',
  'taken',
  'too_common',
  'contains_username',
  'differs',
  'wrong',
] as const;

export type FieldProblem = (typeof FIELD_PROBLEMS)[number];

/** The body of every HTTP error, and (without `fields`) what a WebSocket error carries. */
export interface ErrorBody {
  error: {
    code: ErrorCode;
    message: string;
    fields?: Record<string, FieldProblem>;
    /** Seconds after which a request that was `rate_limited`, or met a server that is `restarting`, may be tried again. */
    retryAfter?: number;
    /** With `internal`: what to tell the operator, who finds the fault in the log by it. */
    requestId?: string;
  };
}
