import { randomUUID } from 'node:crypto';
import { id as idSchema } from '#protocol/common';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { legOf } from '../../server/calls/call.ts';
import { SqlCallRepository } from '../../server/db/call-repository.ts';
import { connect, migrationSource } from '../../server/db/database.ts';
import { makeDatabase } from '../support/database-state.ts';
import { temporaryFolder } from '../support/folder.ts';

const idsOf = (rows: unknown) =>
  z
    .array(z.object({ id: z.string() }))
    .parse(rows)
    .map(({ id }) => id);

test('a call that is under way gets participants, and loses them again on the way back', async () => {
  await using folder = await temporaryFolder();
  await makeDatabase(folder.path, { upTo: '0008-reports.ts', messages: 1 });
  const database = connect(folder.path);
  try {
    const [ann, ben] = idsOf(await database('accounts').select('id').orderBy('username'));
    const [conversationId] = idsOf(await database('conversations').select('id'));
    const call = {
      id: randomUUID(),
      conversation_id: conversationId,
      kind: 'video',
      version: 3,
      created_at: 1,
    };
    await database('calls').insert({ ...call, alerted_at: 2 });
    const seat = { device: randomUUID(), tab: randomUUID(), session: randomUUID() };
    const legs = [
      { account_id: ann, role: 'caller', state: 'waiting', socket: true, ...seat },
      { account_id: ben, role: 'callee', state: 'ringing', deadline: 60_000, in_another_call: true },
    ].map((leg) => ({ call_id: call.id, ...leg }));
    await database('call_legs').insert(legs[0]);
    await database('call_legs').insert(legs[1]);
    const before: unknown = await database('call_legs').orderBy('account_id');

    await database.migrate.latest({ migrationSource });
    const migrated = await new SqlCallRepository(database).find(call.id);
    expect([...(migrated?.legs.values() ?? [])].map(({ accountId }) => accountId)).toEqual([ann, ben]);
    if (migrated === undefined) throw new Error('the call is gone');
    expect(legOf(migrated, ann ?? '')).toMatchObject({ state: 'waiting', socket: true, seat });
    expect(legOf(migrated, ben ?? '')).toMatchObject({ state: 'ringing', inAnotherCall: true, seat: null });
    for (const participantId of migrated.legs.keys())
      expect(idSchema.parse(participantId)).toBe(participantId);
    // A restore carries over the legs of a version that has no participants.
    await database('call_legs').delete();
    await database('call_legs').insert(legs[1]);
    expect((await new SqlCallRepository(database).find(call.id))?.legs.size).toBe(1);
    await database('call_legs').insert(legs[0]);

    await database.migrate.down({ migrationSource });
    expect(await database('call_legs').orderBy('account_id')).toEqual(before);
  } finally {
    await database.destroy();
  }
});
