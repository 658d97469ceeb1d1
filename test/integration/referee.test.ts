import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEADLINES, isRejected, type CallEvent } from '../../server/calls/call-events.ts';
import { apply, createCall } from '../../server/calls/call-machine.ts';
import { legOf, type Call } from '../../server/calls/call.ts';
import { NO_INVITATION } from '../../server/accounts/registration.ts';
import { SqlAccountRepository } from '../../server/db/account-repository.ts';
import { SqlCallRepository } from '../../server/db/call-repository.ts';
import { SqlConversationRepository } from '../../server/db/conversation-repository.ts';
import { openDatabase, type Database } from '../../server/db/database.ts';
import { temporaryFolder } from '../support/folder.ts';
import { makeCalls } from '../support/make-calls.ts';

/**
 * Within one process events of a call come one after the other, so only here, by two repositories on one file
 * as two servers would have them, can it be seen that the database decides.
 */
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let databases: [Database, Database];
let calls: [SqlCallRepository, SqlCallRepository];
beforeAll(async () => {
  folder = await temporaryFolder();
  databases = [await openDatabase(folder.path), await openDatabase(folder.path)];
  calls = [new SqlCallRepository(databases[0]), new SqlCallRepository(databases[1])];
});
afterAll(async () => {
  for (const database of databases) await database.destroy();
  await folder[Symbol.asyncDispose]();
});

const seat = () => ({ device: randomUUID(), tab: randomUUID(), session: randomUUID() });

async function account(): Promise<string> {
  const id = randomUUID();
  const form = {
    id,
    username: `u-${id.slice(0, 8)}`,
    email: `${id}@example.org`,
    passwordHash: '!',
    createdAt: 1,
  };
  await new SqlAccountRepository(databases[0]).add(
    { ...form, role: 'member', disabledAt: null },
    NO_INVITATION,
  );
  return id;
}

async function ringing(callerId: string, calleeId: string): Promise<Call> {
  const { id } = await new SqlConversationRepository(databases[0]).openDirect(callerId, calleeId, 1);
  const caller = { accountId: callerId, participantId: randomUUID(), seat: seat() };
  const callees = [{ accountId: calleeId, participantId: randomUUID(), decision: 'ring' as const }];
  const invitation = { id: randomUUID(), conversationId: id, kind: 'voice' as const, caller, callees };
  return createCall(invitation, 1_000, DEADLINES);
}

function after(call: Call, event: CallEvent): Call {
  const outcome = apply(call, event, 3_000, DEADLINES);
  if (isRejected(outcome)) throw new Error(`rejected: ${outcome.rejected}`);
  return outcome.call;
}

describe('the database decides', () => {
  test('which of two changes of one version wins: the other is stale, and reads the winner', async () => {
    const [ann, ben] = [await account(), await account()];
    const call = await ringing(ann, ben);
    expect(await calls[0].add(call)).toEqual({ entry: null });
    const accepted = after(call, { type: 'accept', accountId: ben, seat: seat() });
    const cancelled = after(call, { type: 'hangUp', accountId: ann });
    expect(await calls[0].save(accepted)).toEqual({ entry: null });
    expect(await calls[1].save(cancelled)).toBe('stale');
    for (const repository of calls) expect(await repository.find(call.id)).toEqual(accepted);
  });

  test('that an ended call stays ended', async () => {
    const [ann, ben] = [await account(), await account()];
    const call = await ringing(ann, ben);
    await calls[0].add(call);
    const cancelled = after(call, { type: 'hangUp', accountId: ann });
    const stored = await calls[0].save(cancelled);
    expect(stored).toMatchObject({
      entry: { message: { seq: 1, call: { id: call.id, reason: 'cancelled' } } },
    });
    const revived = { ...call, version: cancelled.version + 1 };
    expect(await calls[1].save(revived)).toBe('stale');
    expect(await calls[1].find(call.id)).toEqual(cancelled);
  });

  test('that one id is one call, a conversation has one, and an account is in one', async () => {
    const [ann, ben, cid] = [await account(), await account(), await account()];
    const [first, again, third] = [await ringing(ann, ben), await ringing(ann, ben), await ringing(ann, cid)];
    expect(await calls[0].add(first)).toEqual({ entry: null });
    expect(await calls[1].add(again)).toBe('conversation_in_call');
    expect(await calls[1].add(third)).toBe('account_in_call');
    // Nothing of what was refused is left behind.
    expect(await calls[0].find(third.id)).toBeUndefined();
    expect((await calls[0].listLive()).filter((call) => legOf(call, ann) !== undefined)).toEqual([first]);
    // Answering while in another call is refused too.
    const other = await ringing(cid, ben);
    expect(await calls[0].add(other)).toEqual({ entry: null });
    const answered = after(first, { type: 'accept', accountId: ben, seat: seat() });
    expect(await calls[0].save(answered)).toEqual({ entry: null });
    const second = after(other, { type: 'accept', accountId: ben, seat: seat() });
    expect(await calls[1].save(second)).toBe('account_in_call');
    expect(await calls[1].find(other.id)).toEqual(other);
    expect(await calls[0].save(after(other, { type: 'hangUp', accountId: cid }))).toHaveProperty('entry');
    expect(await calls[1].add(other)).toBe('same_id');
  });

  test('that an account has several participants in one call, one of them engaged, and one call in its lists', async () => {
    const [ann, ben] = [await account(), await account()];
    const [here, there] = [seat(), seat()];
    const call = await ringing(ann, ben);
    const participantId = randomUUID();
    const warm = after(call, { type: 'warm', accountId: ben, participantId, seat: there });
    const answered = after(warm, { type: 'accept', accountId: ben, seat: there });
    expect(await calls[0].add(call)).toEqual({ entry: null });
    expect(await calls[0].save(warm)).toEqual({ entry: null });
    expect(await calls[1].find(call.id)).toEqual(warm);
    expect(await calls[1].save(answered)).toEqual({ entry: null });
    expect(await calls[0].find(call.id)).toEqual(answered);
    expect(legOf(answered, ben)?.participantId).toBe(participantId);
    // Both at once would be two calls for one account.
    const both = new Map(
      [...answered.legs].map(([id, leg]) => [id, { ...leg, state: 'active' as const, seat: here }]),
    );
    expect(await calls[0].save({ ...answered, version: answered.version + 1, legs: both })).toBe(
      'account_in_call',
    );

    await calls[0].save(after(answered, { type: 'hangUp', accountId: ann }));
    const all = { missed: false, before: undefined };
    expect((await calls[0].listEnded(ben, all, 10)).map(({ id }) => id)).toEqual([call.id]);
  });
});

describe('memory is a cache', () => {
  test('of which a call service that does not hold a call has no need', async () => {
    const [ann, ben] = [await account(), await account()];
    const { id: conversationId } = await new SqlConversationRepository(databases[0]).openDirect(ann, ben, 1);
    const [first, second] = [makeCalls({ database: databases[0] }), makeCalls({ database: databases[1] })];
    const [anns, bens] = [seat(), seat()];
    const callId = randomUUID();
    await first.calls.invite(ann, anns, { callId, conversationId, members: [ann, ben], kind: 'voice' });

    expect(await second.calls.get(ben, callId)).toMatchObject({ state: 'calling' });
    await expect(second.calls.get(randomUUID(), callId)).rejects.toMatchObject({ code: 'not_found' });
    expect(await second.calls.accept(ben, callId, bens)).toMatchObject({
      state: 'connecting',
      boundTo: bens.tab,
    });
    const place = await second.calls.seatedAt(ben, callId, bens.tab);
    expect(place.roomId).toBe(callId);
    await expect(second.calls.seatedAt(ben, callId, anns.tab)).rejects.toMatchObject({ code: 'forbidden' });

    const third = makeCalls({ database: databases[1] });
    third.calls.mediaUp(place);
    third.calls.mediaUp(await third.calls.seatedAt(ann, callId, anns.tab));
    await third.calls.idle();
    expect(await third.calls.get(ann, callId)).toMatchObject({ state: 'active' });
    // The first holds it as it was, but the database decides.
    expect(await first.calls.hangUp(ann, callId)).toMatchObject({ state: 'ended', reason: 'hung_up' });
    for (const { calls: service } of [first, second, third]) service.close();
  });
});
