import { endReason, type EndReason } from '#protocol/call';
import { MISSED } from '#protocol/rules';
import { expect, test } from 'vitest';
import { entryOf } from '../../../../server/calls/call-entry.ts';
import type { Call, Leg } from '../../../../server/calls/call.ts';

const leg = (accountId: string, role: Leg['role'], hidden = false): [string, Leg] => [
  `${accountId}-here`,
  {
    participantId: `${accountId}-here`,
    accountId,
    role,
    state: 'left',
    seat: null,
    socket: false,
    media: false,
    inAnotherCall: false,
    hidden,
    deadline: null,
  },
];

function ended(reason: EndReason | null, { answeredAt = null as number | null, hidden = false } = {}): Call {
  return {
    id: 'call',
    conversationId: 'conversation',
    kind: 'voice',
    version: 3,
    createdAt: 1_000,
    alertedAt: null,
    answeredAt,
    end: reason && { at: 5_000, reason, by: null },
    legs: new Map([leg('callee', 'callee', hidden), leg('caller', 'caller')]),
  };
}

test('a call that has ended is a message of its caller, under an id of its own', () => {
  expect(entryOf(ended('hung_up', { answeredAt: 2_000 }), 'entry')).toEqual({
    message: {
      id: 'entry',
      conversationId: 'conversation',
      senderId: 'caller',
      text: '',
      call: {
        id: 'call',
        kind: 'voice',
        reason: 'hung_up',
        startedAt: 1_000,
        answeredAt: 2_000,
        endedAt: 5_000,
      },
      sentAt: 5_000,
    },
    senderOnly: false,
    readBy: 'all_caught_up',
  });
});

test('one that goes on leaves none, nor does one that found nobody or was taken back', () => {
  expect(entryOf(ended(null), 'entry')).toBeNull();
  for (const reason of endReason.options) {
    expect(entryOf(ended(reason), 'entry') === null, reason).toBe(
      reason === 'unavailable' || reason === 'taken_back',
    );
  }
});

test('its caller alone has read it where the callee missed it, and sees it where it is hidden from the callee', () => {
  for (const reason of endReason.options) {
    const entry = entryOf(ended(reason), 'entry');
    if (entry)
      expect(entry.readBy, reason).toBe(MISSED.includes(reason) ? 'sender_if_caught_up' : 'all_caught_up');
  }
  expect(entryOf(ended('no_answer', { hidden: true }), 'entry')?.senderOnly).toBe(true);
});
