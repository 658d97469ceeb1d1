import { expect, test } from 'vitest';
import type { Call, EndReason } from '#protocol/call';
import { callRow, faultOf, latestOfEach, outcomeOf, talkedFor } from '../../../client/lib/call-outcome.ts';
import { call } from '../../../client/texts/call.ts';
import { calls as texts } from '../../../client/texts/calls.ts';

const ANN = 'ann';
const BEN = 'ben';

function ended(part: Partial<Call> = {}): Call {
  const leg = { state: 'left', inAnotherCall: false } as const;
  return {
    id: 'call',
    conversationId: 'conversation',
    kind: 'video',
    state: 'ended',
    version: 4,
    createdAt: 1_000,
    answeredAt: null,
    endedAt: 9_000,
    reason: 'no_answer',
    endedBy: null,
    legs: [
      { participantId: 'one', accountId: ANN, username: 'ann', role: 'caller', ...leg },
      { participantId: 'other', accountId: BEN, username: 'ben', role: 'callee', ...leg },
    ],
    boundTo: null,
    ...part,
  };
}

const REASONS: [EndReason, caller: string, callee: string][] = [
  ['hung_up', 'Outgoing voice call', 'Incoming voice call'],
  ['connection_lost', 'Outgoing voice call', 'Incoming voice call'],
  ['caller_lost', 'Outgoing voice call · No connection', 'Missed voice call'],
  ['cancelled', 'Outgoing voice call · Cancelled', 'Missed voice call'],
  ['declined', 'Outgoing voice call · Declined', 'Incoming voice call · You declined'],
  ['busy', 'Outgoing voice call · In another call', 'Missed voice call'],
  ['unavailable', 'Outgoing voice call · Unavailable', 'Missed voice call'],
  ['no_answer', 'Outgoing voice call · No answer', 'Missed voice call'],
  ['unreachable', 'Outgoing voice call · Not reachable', 'Missed voice call'],
  ['media_failed', 'Outgoing voice call · No connection', 'Incoming voice call · No connection'],
];

function words(reason: EndReason, outgoing: boolean): string {
  const outcome = outcomeOf(reason, outgoing);
  const parts = [texts.directed('voice', outcome, outgoing), texts.outcome(outcome, outgoing)];
  return parts.filter((part) => part !== null).join(' · ');
}

test.each(REASONS)('a call that ended as %s, in words', (reason, caller, callee) => {
  expect(words(reason, true)).toBe(caller);
  expect(words(reason, false)).toBe(callee);
});

test('an entry of a conversation says what was missed, and else its kind', () => {
  expect(texts.title('video', outcomeOf('no_answer', false))).toBe('Missed video call');
  expect(texts.title('video', outcomeOf('no_answer', true))).toBe('Video call');
});

test('only people who talked have a duration', () => {
  expect(talkedFor(ended({ reason: 'hung_up', answeredAt: 2_000 }))).toBe(7_000);
  expect(talkedFor(ended({ reason: 'connection_lost', answeredAt: 2_000 }))).toBe(7_000);
  expect(talkedFor(ended({ reason: 'media_failed', answeredAt: 2_000 }))).toBeNull();
  expect(talkedFor(ended())).toBeNull();
});

test('a row is seen from the side of who reads it, and there is none of a call that lives', () => {
  expect(callRow(ended(), ANN)).toMatchObject({ peer: { id: BEN, username: 'ben' }, outgoing: true });
  expect(callRow(ended(), BEN)).toMatchObject({ peer: { id: ANN, username: 'ann' }, outgoing: false });
  expect(callRow(ended({ state: 'ringing', reason: null, endedAt: null }), ANN)).toBeNull();
});

test('the plain names belong to the latest row of each person', () => {
  const rows = ['3', '2', '1']
    .map((id) => callRow(ended({ id }), ANN))
    .filter((row) => row !== null)
    .map((row) => (row.id === '2' ? { ...row, peer: { id: 'cleo', username: 'cleo' } } : row));
  expect([...latestOfEach(rows)]).toEqual(['3', '2']);
});

test.each([
  [BEN, 'ben’s sound and picture did not', 'ben’s connection was lost'],
  [ANN, 'Your sound and picture could not get through', 'Your connection was lost'],
  [null, 'on neither side', 'The connection was lost'],
])('a call that %s failed is told so to ann', (endedBy, failed, lost) => {
  const words = (reason: EndReason) =>
    call.reason({ reason, name: 'ben', outgoing: true, fault: faultOf({ endedBy }, ANN) });
  expect(words('media_failed')).toContain(failed);
  expect(words('connection_lost')).toContain(lost);
});
