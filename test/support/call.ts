import type { Call, CallKind, CallState } from '#protocol/call';
import { randomUUID } from 'node:crypto';
import { TestAccount } from './account.ts';
import type { TestConnection } from './connection.ts';

let names = 0;

/** Two people who may call each other: their accounts, a tab each, and their conversation. On a new server Ann is the admin. */
export interface Couple extends Disposable {
  readonly ann: TestAccount;
  readonly ben: TestAccount;
  /** Ann's tab. */
  readonly a: TestConnection;
  /** Ben's tab. */
  readonly b: TestConnection;
  readonly conversationId: string;
}

export async function couple(url: string): Promise<Couple> {
  const number = ++names;
  // One after the other: the first account of a server is its admin.
  const ann = await TestAccount.signUp(url, `ann-${number}`);
  const ben = await TestAccount.signUp(url, `ben-${number}`);
  const [a, b] = await Promise.all([ann.connect(), ben.connect()]);
  const { conversation } = await a.request('openConversation', { accountId: ben.id });
  return {
    ann,
    ben,
    a,
    b,
    conversationId: conversation.id,
    [Symbol.dispose]() {
      a[Symbol.dispose]();
      b[Symbol.dispose]();
    },
  };
}

/** Invites, and gives back the new call's id. */
export async function invite(
  from: TestConnection,
  conversationId: string,
  kind: CallKind = 'video',
  callId: string = randomUUID(),
): Promise<string> {
  await from.request('invite', { callId, conversationId, kind });
  return callId;
}

/** Waits until this tab is told that the call is in this state. */
export async function reaches(
  connection: TestConnection,
  callId: string,
  state: CallState,
  timeout?: number,
): Promise<Call> {
  const matches = ({ call }: { call: Call }) => call.id === callId && call.state === state;
  return (await connection.next('call', matches, timeout)).call;
}

/** How a tab was told of the call, in order. */
export const heard = (connection: TestConnection, callId: string): Call[] =>
  connection
    .all('call')
    .map(({ call }) => call)
    .filter(({ id }) => id === callId);

/** Rings and answers: the call is `connecting` for both. */
export async function connectCall({ a, b, conversationId }: Couple): Promise<string> {
  const callId = await invite(a, conversationId);
  await reaches(b, callId, 'calling');
  await b.request('alert', { callId });
  await b.request('accept', { callId });
  await reaches(a, callId, 'connecting');
  return callId;
}
