import type {
  ChangeEmail,
  ChangePassword,
  CurrentSession,
  SessionList,
  SignIn,
  SignUp,
  WhoAmI,
} from '#protocol/account';
import type { AdminAnswer, AdminData, AdminMethod } from '#protocol/admin';
import type { ErrorBody, ErrorCode, FieldProblem } from '#protocol/errors';
import type { PageError } from '#protocol/page-errors';
import { addressOf } from './base-path.ts';

/** `no_connection`: no answer came, or none of ours (a proxy's page, say). */
export type ApiErrorCode = ErrorCode | 'no_connection';

export class ApiError extends Error {
  readonly code: ApiErrorCode;
  readonly fields: Record<string, FieldProblem>;
  /** Seconds to wait, where the server says so. */
  readonly retryAfter: number | null;

  constructor(code: ApiErrorCode, body?: ErrorBody['error'], options?: ErrorOptions) {
    super(body?.message ?? code, options);
    this.code = code;
    this.fields = body?.fields ?? {};
    this.retryAfter = body?.retryAfter ?? null;
  }
}

/** Asks the server; the answer is trusted to have the type that the protocol gives it. */
async function ask<T>(method: string, path: string, data?: object): Promise<T> {
  let response: Response;
  let body: unknown;
  const content = data && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(data) };
  try {
    response = await fetch(addressOf(`/api${path}`), { method, ...content });
    body = response.status === 204 ? null : await response.json();
  } catch (cause) {
    // A TypeError, too, is how fetch says that there is no connection (Fetch, 5.6).
    throw new ApiError('no_connection', undefined, { cause });
  }
  if (!response.ok) {
    const error = (body as Partial<ErrorBody> | null)?.error;
    throw new ApiError(error?.code ?? 'no_connection', error);
  }
  return body as T;
}

export const api = {
  currentSession: () => ask<WhoAmI>('GET', '/session'),
  signUp: (data: SignUp) => ask<CurrentSession>('POST', '/account', data),
  signIn: (data: SignIn) => ask<CurrentSession>('POST', '/session', data),
  signOut: () => ask<null>('DELETE', '/session'),
  changePassword: (data: ChangePassword) => ask<null>('PUT', '/account/password', data),
  changeEmail: (data: ChangeEmail) => ask<CurrentSession>('PUT', '/account/email', data),
  sessions: () => ask<SessionList>('GET', '/sessions'),
  endSession: (id: string) => ask<null>('DELETE', `/sessions/${encodeURIComponent(id)}`),
  endOtherSessions: () => ask<null>('DELETE', '/sessions'),
  reportPageError: (error: PageError) => ask<null>('POST', '/page-errors', error),
  /** What only admins may. */
  admin: <M extends AdminMethod>(method: M, data: AdminData<M>) =>
    ask<AdminAnswer<M>>('POST', `/admin/${method}`, data),
};
