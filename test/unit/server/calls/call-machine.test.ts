import { describe, expect, test } from 'vitest';
import { DEADLINES as REAL, isRejected, type CallEvent } from '../../../../server/calls/call-events.ts';
import { apply, createCall, withdrawn } from '../../../../server/calls/call-machine.ts';
import {
  isMissedBy,
  legOf,
  memberLegs,
  nextDeadline,
  participantStateOf,
  stateOf,
  versionFor,
  type Call,
  type Seat,
} from '../../../../server/calls/call.ts';
import type { RingDecision } from '../../../../server/calls/ring-policy.ts';

const ANN = 'ann';
const BEN = 'ben';
const ANNS: Seat = { device: 'ann-laptop', tab: 'ann-tab', session: 'ann-session' };
const BENS: Seat = { device: 'ben-phone', tab: 'ben-tab', session: 'ben-session' };
/** Another tab of Ann's. */
const ELSEWHERE: Seat = { device: 'ann-laptop', tab: 'ann-tab-2', session: 'ann-session' };
const T0 = 1_000_000;
/** Everything here happens within a moment; a mistaken call has a test of its own. */
const DEADLINES = { ...REAL, mistake: 0 };

const idOf = (accountId: string) => `${accountId} in the call`;

const invited = (decision: RingDecision = 'ring') =>
  createCall(
    {
      id: 'call',
      conversationId: 'conversation',
      kind: 'video',
      caller: { accountId: ANN, participantId: idOf(ANN), seat: ANNS },
      callees: [{ accountId: BEN, participantId: idOf(BEN), decision }],
    },
    T0,
    DEADLINES,
  );

/** Applies events that must all fit. */
function after(call: Call, ...events: [CallEvent, number?][]): Call {
  return events.reduce((current, [event, now = T0]) => {
    const outcome = apply(current, event, now, DEADLINES);
    if (isRejected(outcome)) throw new Error(`${event.type} was rejected: ${outcome.rejected}`);
    expect(outcome.call.version).toBe(current.version + 1);
    return outcome.call;
  }, call);
}

const alert: CallEvent = { type: 'alert', accountId: BEN };
const accept = { type: 'accept', accountId: BEN, seat: BENS } satisfies CallEvent;
const up = (accountId: string): CallEvent => ({ type: 'mediaUp', participantId: idOf(accountId) });
const down = (accountId: string): CallEvent => ({ type: 'mediaDown', participantId: idOf(accountId) });
const drop = (accountId: string, tab: string): CallEvent => ({ type: 'drop', accountId, tab });
const resume = (accountId: string, tab: string): CallEvent => ({ type: 'resume', accountId, tab });
const otherCall = (inAnotherCall: boolean, callWaiting = true): CallEvent => ({
  type: 'otherCall',
  accountId: BEN,
  inAnotherCall,
  callWaiting,
});

const STATES = {
  calling: invited(),
  callingDropped: after(invited(), [drop(ANN, ANNS.tab)]),
  ringing: after(invited(), [alert]),
  besideAnother: after(invited('wait'), [alert]),
  connecting: after(invited(), [alert], [accept]),
  active: after(invited(), [alert], [accept], [up(ANN)], [up(BEN)]),
  socketLost: after(invited(), [alert], [accept], [up(ANN)], [up(BEN)], [drop(BEN, BENS.tab)]),
  mediaLost: after(invited(), [alert], [accept], [up(ANN)], [up(BEN)], [down(BEN)]),
  bothLost: after(invited(), [alert], [accept], [up(ANN)], [up(BEN)], [drop(BEN, BENS.tab)], [down(BEN)]),
  ended: after(invited(), [alert], [{ type: 'decline', accountId: BEN }]),
};
type StateName = keyof typeof STATES;

const EVENTS = {
  alert,
  accept,
  'accept by the caller': { type: 'accept', accountId: ANN, seat: ANNS },
  decline: { type: 'decline', accountId: BEN },
  'refuse by the callee': { type: 'refuse', accountId: BEN },
  'block by the callee': { type: 'block', accountId: BEN },
  'the callee calls': { type: 'callAgain', accountId: BEN, seat: BENS, kind: 'video' },
  'the caller calls again': { type: 'callAgain', accountId: ANN, seat: ELSEWHERE, kind: 'video' },
  'decline by the caller': { type: 'decline', accountId: ANN },
  'hang up by the caller': { type: 'hangUp', accountId: ANN },
  'hang up by the callee': { type: 'hangUp', accountId: BEN },
  "drop of the caller's tab": drop(ANN, ANNS.tab),
  "drop of the callee's tab": drop(BEN, BENS.tab),
  'drop of another tab': drop(BEN, 'another'),
  "resume of the caller's tab": resume(ANN, ANNS.tab),
  "resume of the callee's tab": resume(BEN, BENS.tab),
  'resume of another tab': resume(BEN, 'another'),
  "the callee's media up": up(BEN),
  "the callee's media down": down(BEN),
  'the callee comes into another call': otherCall(true),
  'the callee comes into another call and lets none wait': otherCall(true, false),
  'the callee is free': otherCall(false),
  'the server starts anew': { type: 'restart' },
  'tick, nothing due': { type: 'tick' },
  'a stranger accepts': { type: 'accept', accountId: 'eve', seat: { device: 'd', tab: 't', session: 's' } },
  'a stranger hangs up': { type: 'hangUp', accountId: 'eve' },
} satisfies Record<string, CallEvent>;
type EventName = keyof typeof EVENTS;

const no = 'wrong_state';
const over = 'ended';
const who = 'not_a_member';
const always = <T>(value: T): Record<Exclude<StateName, 'ended'>, T> => ({
  calling: value,
  callingDropped: value,
  ringing: value,
  besideAnother: value,
  connecting: value,
  active: value,
  socketLost: value,
  mediaLost: value,
  bothLost: value,
});

/** Every event in every state: the state after it, or why it is rejected. After the end everything is. */
const TABLE: Record<EventName, Record<Exclude<StateName, 'ended'>, string>> = {
  alert: { ...always(no), calling: 'ringing', callingDropped: 'ringing' },
  accept: {
    ...always(no),
    calling: 'connecting',
    callingDropped: 'reconnecting',
    ringing: 'connecting',
    besideAnother: 'connecting',
  },
  'accept by the caller': always(no),
  decline: {
    ...always(no),
    calling: 'ended: declined',
    callingDropped: 'ended: declined',
    ringing: 'ended: declined',
    besideAnother: 'ended: declined',
  },
  'decline by the caller': always(no),
  'refuse by the callee': {
    ...always(no),
    calling: 'ended: unavailable',
    callingDropped: 'ended: unavailable',
    ringing: 'ended: unavailable',
    besideAnother: 'ended: unavailable',
  },
  // The caller waits on as for anybody who does not answer.
  'block by the callee': {
    ...always(no),
    calling: 'calling',
    callingDropped: 'calling',
    ringing: 'ringing',
    besideAnother: 'ringing',
  },
  'the callee calls': {
    ...always(no),
    calling: 'connecting',
    callingDropped: 'reconnecting',
    ringing: 'connecting',
    besideAnother: 'connecting',
    socketLost: 'reconnecting',
    bothLost: 'reconnecting',
  },
  'the caller calls again': { ...always(no), callingDropped: 'calling' },
  'hang up by the caller': {
    ...always('ended: hung_up'),
    calling: 'ended: cancelled',
    callingDropped: 'ended: cancelled',
    ringing: 'ended: cancelled',
    besideAnother: 'ended: cancelled',
  },
  'hang up by the callee': {
    ...always('ended: hung_up'),
    calling: no,
    callingDropped: no,
    ringing: no,
    besideAnother: no,
  },
  "drop of the caller's tab": {
    calling: 'calling',
    callingDropped: no,
    ringing: 'ringing',
    besideAnother: 'ringing',
    connecting: 'reconnecting',
    active: 'reconnecting',
    socketLost: 'reconnecting',
    mediaLost: 'reconnecting',
    bothLost: 'reconnecting',
  },
  "drop of the callee's tab": {
    ...always(no),
    connecting: 'reconnecting',
    active: 'reconnecting',
    mediaLost: 'reconnecting',
  },
  'drop of another tab': always(no),
  "resume of the caller's tab": { ...always(no), callingDropped: 'calling' },
  "resume of the callee's tab": { ...always(no), socketLost: 'active', bothLost: 'reconnecting' },
  'resume of another tab': always(no),
  "the callee's media up": {
    ...always(no),
    connecting: 'connecting',
    mediaLost: 'active',
    bothLost: 'reconnecting',
  },
  "the callee's media down": { ...always(no), active: 'reconnecting', socketLost: 'reconnecting' },
  'the callee comes into another call': {
    ...always(no),
    calling: 'calling',
    callingDropped: 'calling',
    ringing: 'ringing',
  },
  'the callee comes into another call and lets none wait': {
    ...always(no),
    calling: 'ended: busy',
    callingDropped: 'ended: busy',
    ringing: 'ended: busy',
  },
  'the callee is free': { ...always(no), besideAnother: 'ringing' },
  'the server starts anew': {
    ...always('reconnecting'),
    calling: 'calling',
    callingDropped: 'calling',
    ringing: 'ringing',
    besideAnother: 'ringing',
  },
  'tick, nothing due': always(no),
  'a stranger accepts': always(who),
  'a stranger hangs up': always(who),
};

function told(call: Call, event: CallEvent): string {
  const outcome = apply(call, event, T0, DEADLINES);
  if (isRejected(outcome)) return outcome.rejected;
  return outcome.call.end ? `ended: ${outcome.call.end.reason}` : stateOf(outcome.call);
}

describe('every event in every state', () => {
  for (const [event, row] of Object.entries(TABLE) as [EventName, Record<StateName, string>][]) {
    for (const [state, expected] of Object.entries({ ...row, ended: over }) as [StateName, string][]) {
      test(`${event}, ${state} -> ${expected}`, () => {
        expect(told(STATES[state], EVENTS[event])).toBe(expected);
      });
    }
  }
});

describe('a new call', () => {
  test('rings until its deadline', () => {
    expect(stateOf(invited())).toBe('calling');
    expect(nextDeadline(invited())).toBe(T0 + DEADLINES.invitation);
  });

  test.each([
    ['busy', 'busy'],
    ['unavailable', 'unavailable'],
  ] as const)('is over at once where the callee is %s', (decision, reason) => {
    const call = invited(decision);
    expect(stateOf(call)).toBe('ended');
    expect(call.end).toEqual({ at: T0, reason, by: null });
    expect(call.version).toBe(1);
  });

  test('waits for its deadline as for someone who is away, where the callee has blocked the caller', () => {
    const [blocked, away] = [invited('hidden'), invited()];
    expect(legOf(blocked, BEN)).toEqual({ ...legOf(away, BEN), hidden: true });
    expect({ ...blocked, legs: null, version: versionFor(blocked, ANN) }).toEqual({ ...away, legs: null });
    const [end, other] = [blocked, away].map(
      (call) => after(call, [{ type: 'tick' }, T0 + DEADLINES.invitation]).end,
    );
    expect(end).toEqual({ at: T0 + DEADLINES.invitation, reason: 'unreachable', by: null });
    expect(end).toEqual(other);
  });

  test('that is hidden from its callee takes nothing from them, but that they call in turn or are gone', () => {
    const blocked = invited('hidden');
    const seat = { device: 'd', tab: 't', session: 's' };
    const events: CallEvent[] = [
      { type: 'alert', accountId: BEN },
      { type: 'accept', accountId: BEN, seat },
      { type: 'decline', accountId: BEN },
      { type: 'hangUp', accountId: BEN },
      { type: 'block', accountId: BEN },
      otherCall(true),
      otherCall(true, false),
    ];
    for (const event of events) {
      expect(apply(blocked, event, T0 + 1_000, DEADLINES)).toEqual({ rejected: 'not_a_member' });
    }
    expect(after(blocked, [{ type: 'refuse', accountId: BEN }]).end?.reason).toBe('unavailable');
    const met = after(blocked, [{ type: 'callAgain', accountId: BEN, seat, kind: 'voice' }]);
    expect([stateOf(met), legOf(met, BEN)?.hidden]).toEqual(['connecting', false]);
  });

  test('rings as call waiting where the callee is in another call', () => {
    expect(stateOf(invited('wait'))).toBe('calling');
    expect(legOf(invited('wait'), BEN)?.inAnotherCall).toBe(true);
  });
});

describe('beside another call of the callee', () => {
  const flag = (call: Call) => legOf(call, BEN)?.inAnotherCall;

  test('it waits from when that one began until that one ends, and the deadline stays', () => {
    const waiting = after(STATES.ringing, [otherCall(true), T0 + 5_000]);
    expect(flag(waiting)).toBe(true);
    const free = after(waiting, [otherCall(false), T0 + 10_000]);
    expect(flag(free)).toBe(false);
    expect(nextDeadline(free)).toBe(nextDeadline(STATES.ringing));
  });

  test('whoever answers it is in no other', () => {
    expect(flag(after(STATES.besideAnother, [accept]))).toBe(false);
  });

  test('nobody has ended it where none may wait', () => {
    expect(after(STATES.ringing, [otherCall(true, false)]).end).toEqual({ at: T0, reason: 'busy', by: null });
  });
});

test('blocking the caller while it rings changes nothing for the caller, who gets no answer at the deadline', () => {
  for (const state of [STATES.ringing, STATES.calling]) {
    const blocked = after(state, [{ type: 'block', accountId: BEN }, T0 + 5_000]);
    const leg = legOf(blocked, BEN);
    expect(leg?.hidden).toBe(true);
    expect(nextDeadline(blocked)).toBe(nextDeadline(state));
    expect([versionFor(blocked, ANN), versionFor(blocked, BEN)]).toEqual([state.version, state.version + 1]);
    const deadline = nextDeadline(state) ?? 0;
    expect(after(blocked, [{ type: 'tick' }, deadline]).end).toEqual(
      after(state, [{ type: 'tick' }, deadline]).end,
    );
    expect(leg && isMissedBy(after(blocked, [{ type: 'tick' }, deadline]), leg)).toBe(false);
    const seen = withdrawn(blocked, T0 + 5_000);
    expect([stateOf(seen), seen.end?.reason, seen.version]).toEqual([
      'ended',
      'unavailable',
      blocked.version,
    ]);
  }
  expect(legOf(after(STATES.ringing, [{ type: 'refuse', accountId: BEN }]), BEN)?.hidden).toBe(false);
});

test('a call that its caller cancels within a second and a half was a mistake', () => {
  const cancelled = (state: Call, at: number) => {
    const outcome = apply(state, { type: 'hangUp', accountId: ANN }, T0 + at, REAL);
    return isRejected(outcome) ? outcome.rejected : outcome.call.end?.reason;
  };
  for (const state of [STATES.calling, STATES.ringing, STATES.besideAnother, invited('hidden')]) {
    expect([cancelled(state, 0), cancelled(state, 1_499), cancelled(state, 1_500)]).toEqual([
      'taken_back',
      'taken_back',
      'cancelled',
    ]);
  }
  // Once it was answered it is a call like any.
  expect([cancelled(STATES.connecting, 100), cancelled(STATES.active, 100)]).toEqual(['hung_up', 'hung_up']);
});

describe('both call each other', () => {
  const kindAfter = (kind: 'voice' | 'video') =>
    after(invited(), [{ ...accept, type: 'callAgain', kind }]).kind;

  test('video only where both asked for it', () => {
    expect(kindAfter('video')).toBe('video');
    expect(kindAfter('voice')).toBe('voice');
  });
});

describe('deadlines', () => {
  const expired = (call: Call): string => {
    const deadline = nextDeadline(call);
    if (deadline === null) return 'none';
    expect(apply(call, { type: 'tick' }, deadline - 1, DEADLINES)).toEqual({ rejected: 'wrong_state' });
    const outcome = apply(call, { type: 'tick' }, deadline, DEADLINES);
    return isRejected(outcome)
      ? outcome.rejected
      : `${deadline - T0}: ${outcome.call.end?.reason ?? 'goes on'}`;
  };

  test('each state ends by itself, and at its time', () => {
    expect(expired(STATES.calling)).toBe('90000: unreachable');
    expect(expired(STATES.callingDropped)).toBe('10000: caller_lost');
    expect(expired(STATES.ringing)).toBe('60000: no_answer');
    expect(expired(STATES.connecting)).toBe('15000: media_failed');
    expect(expired(STATES.active)).toBe('none');
    expect(expired(STATES.socketLost)).toBe('30000: connection_lost');
    expect(expired(STATES.mediaLost)).toBe('30000: connection_lost');
    expect(expired(STATES.bothLost)).toBe('30000: connection_lost');
    expect(expired(STATES.ended)).toBe('none');
  });

  test('a fault is told as that of the one side where it is', () => {
    const by = (call: Call) => {
      const outcome = apply(call, { type: 'tick' }, nextDeadline(call) ?? 0, DEADLINES);
      return isRejected(outcome) ? outcome.rejected : outcome.call.end?.by;
    };
    expect(by(STATES.connecting)).toBeNull();
    expect(by(after(STATES.connecting, [up(ANN)]))).toBe(BEN);
    expect(by(after(STATES.connecting, [up(BEN)]))).toBe(ANN);
    expect(by(after(STATES.active, [drop(BEN, BENS.tab)]))).toBe(BEN);
    expect(by(after(STATES.active, [drop(ANN, ANNS.tab)], [drop(BEN, BENS.tab)]))).toBeNull();
  });

  test('a late alert does not make the call ring longer than 90 s in all', () => {
    const call = after(invited(), [alert, T0 + 80_000]);
    expect(nextDeadline(call)).toBe(T0 + DEADLINES.invitation);
  });

  test('a second device that alerts does not begin the minute anew', () => {
    expect(told(STATES.ringing, alert)).toBe('wrong_state');
  });

  test('a caller who is back in time rings on', () => {
    const call = after(STATES.ringing, [drop(ANN, ANNS.tab)], [resume(ANN, ANNS.tab)]);
    expect(nextDeadline(call)).toBe(T0 + DEADLINES.ringing);
  });
});

describe('a server that starts anew', () => {
  const LATE = T0 + 40_000;
  const anew = (call: Call) => after(call, [{ type: 'restart' }, LATE]);
  const seats = ['connecting', 'active', 'socketLost', 'mediaLost', 'bothLost'] as const;

  test.each(seats)('gives everyone the same time to come back: %s', (state) => {
    const call = anew(STATES[state]);
    for (const leg of call.legs.values()) {
      expect(leg).toMatchObject({
        state: 'reconnecting',
        socket: false,
        media: false,
        deadline: LATE + DEADLINES.reconnecting,
      });
    }
  });

  test.each(['calling', 'callingDropped', 'ringing'] as const)('the caller, too: %s', (state) => {
    const call = anew(STATES[state]);
    expect(legOf(call, ANN)).toMatchObject({ socket: false, deadline: LATE + DEADLINES.reconnecting });
    expect(legOf(call, BEN)).toEqual(legOf(STATES[state], BEN));
  });
});

describe('who calls again after a crash', () => {
  test('takes the leg up on the new tab, and has the time that is left for media', () => {
    const call = after(STATES.bothLost, [
      { type: 'callAgain', accountId: BEN, seat: { ...BENS, tab: 'ben-tab-2' }, kind: 'video' },
      T0 + 5_000,
    ]);
    expect(legOf(call, BEN)).toMatchObject({ seat: { tab: 'ben-tab-2' }, socket: true, media: false });
    expect(nextDeadline(call)).toBe(T0 + DEADLINES.reconnecting);
    expect(told(call, up(BEN))).toBe('active');
  });

  test('does not take it from a tab that is there', () => {
    expect(told(STATES.active, { type: 'callAgain', accountId: ANN, seat: ELSEWHERE, kind: 'video' })).toBe(
      no,
    );
  });
});

describe('effects', () => {
  const effects = (call: Call, event: CallEvent) => {
    const outcome = apply(call, event, T0, DEADLINES);
    return isRejected(outcome) ? [] : outcome.effects.map((effect) => effect.type);
  };

  test('a change is announced, an end closes the room first, a rejection does nothing', () => {
    expect(effects(STATES.ringing, accept)).toEqual(['announce']);
    expect(effects(STATES.active, { type: 'hangUp', accountId: ANN })).toEqual(['closeRoom', 'announce']);
    expect(effects(STATES.active, accept)).toEqual([]);
  });

  test('an end leaves every leg, and nothing is left to wait for', () => {
    const call = after(STATES.active, [{ type: 'hangUp', accountId: BEN }]);
    expect([...call.legs.values()].map((leg) => leg.state)).toEqual(['left', 'left']);
    expect(call.end?.by).toBe(BEN);
  });
});

test('the input is never changed', () => {
  const before = structuredClone(STATES.ringing);
  apply(STATES.ringing, accept, T0, DEADLINES);
  expect(STATES.ringing).toEqual(before);
});

describe('participants', () => {
  const PHONE: Seat = { device: 'ben-phone', tab: 'ben-phone-tab', session: 'ben-session' };
  const TABLET: Seat = { device: 'ben-tablet', tab: 'ben-tablet-tab', session: 'ben-session' };
  const warm = (participantId: string, seat: Seat) => ({
    type: 'warm' as const,
    accountId: BEN,
    participantId,
    seat,
  });
  const onPhone = warm('on the phone', PHONE);
  const onTablet = warm('on the tablet', TABLET);
  const states = (call: Call) =>
    Object.fromEntries([...call.legs.values()].map((leg) => [leg.participantId, participantStateOf(leg)]));
  const effects = (call: Call, event: CallEvent) => {
    const outcome = apply(call, event, T0, DEADLINES);
    return isRejected(outcome) ? outcome.rejected : outcome.effects;
  };
  const warmed = after(STATES.ringing, [onPhone], [onTablet]);

  test('an account that is invited has one without a seat', () => {
    expect(states(STATES.calling)).toEqual({ [idOf(ANN)]: 'joined', [idOf(BEN)]: 'invited' });
    expect(states(STATES.active)).toEqual({ [idOf(ANN)]: 'joined', [idOf(BEN)]: 'joined' });
    expect(states(STATES.ended)).toEqual({ [idOf(ANN)]: 'left', [idOf(BEN)]: 'left' });
  });

  test('two tabs may be warm while it rings, each once, and the members see one invitation', () => {
    expect(states(warmed)).toMatchObject({
      [idOf(BEN)]: 'invited',
      'on the phone': 'warm',
      'on the tablet': 'warm',
    });
    expect(stateOf(warmed)).toBe('ringing');
    expect(memberLegs(warmed).map(({ participantId }) => participantId)).toEqual([idOf(ANN), idOf(BEN)]);
    expect(effects(after(STATES.ringing, [onPhone]), warm('again', PHONE))).toBe('wrong_state');
    expect(effects(warmed, warm('a third', BENS))).toBe('wrong_state');
    expect(effects(STATES.active, onPhone)).toBe('wrong_state');
    expect(effects(STATES.ringing, { ...onPhone, accountId: ANN })).toBe('wrong_state');
  });

  test('the one on the tab that answers joins, with the media that it has; the others leave', () => {
    const ready = after(warmed, [{ type: 'mediaUp', participantId: 'on the phone' }]);
    const answer: CallEvent = { type: 'accept', accountId: BEN, seat: PHONE };
    const answered = after(ready, [answer]);
    expect(states(answered)).toEqual({
      [idOf(ANN)]: 'joined',
      [idOf(BEN)]: 'left',
      'on the phone': 'joined',
      'on the tablet': 'left',
    });
    expect(legOf(answered, BEN)).toMatchObject({
      participantId: 'on the phone',
      state: 'active',
      seat: PHONE,
    });
    expect(effects(ready, answer)).toEqual([
      { type: 'openMedia', participantId: 'on the phone' },
      { type: 'closeMedia', participantId: 'on the tablet' },
      { type: 'announce' },
    ]);
  });

  test('another tab answers without any: all that were warm leave', () => {
    const answered = after(warmed, [accept]);
    expect(states(answered)).toMatchObject({ 'on the phone': 'left', 'on the tablet': 'left' });
    expect(legOf(answered, BEN)).toMatchObject({ participantId: idOf(BEN), state: 'connecting', seat: BENS });
    expect(effects(warmed, accept)).toEqual([
      { type: 'closeMedia', participantId: 'on the phone' },
      { type: 'closeMedia', participantId: 'on the tablet' },
      { type: 'announce' },
    ]);
  });

  test('one whose tab goes leaves, its media is closed, and it rings on', () => {
    const gone = drop(BEN, PHONE.tab);
    expect(states(after(warmed, [gone]))).toMatchObject({ 'on the phone': 'left', 'on the tablet': 'warm' });
    expect(effects(warmed, gone)).toEqual([
      { type: 'closeMedia', participantId: 'on the phone' },
      { type: 'announce' },
    ]);
    expect(stateOf(after(warmed, [gone]))).toBe('ringing');
    expect(effects(after(warmed, [gone]), warm('back', PHONE))).toEqual([{ type: 'announce' }]);
  });

  test('a caller who is blocked meanwhile reaches none of them', () => {
    expect(effects(warmed, { type: 'block', accountId: BEN })).toEqual([
      { type: 'withdraw', accountId: BEN },
      { type: 'closeMedia', participantId: 'on the phone' },
      { type: 'closeMedia', participantId: 'on the tablet' },
    ]);
    const blocked = after(warmed, [{ type: 'block', accountId: BEN }]);
    expect(versionFor(blocked, ANN)).toBe(warmed.version);
    expect(states(blocked)).toMatchObject({ 'on the phone': 'left', 'on the tablet': 'left' });
    expect(effects(blocked, onPhone)).toBe('not_a_member');
  });

  test('none is warm after a restart of the server', () => {
    expect(states(after(warmed, [{ type: 'restart' }]))).toMatchObject({ 'on the phone': 'left' });
  });

  test('media that connects before the answer counts once there is one', () => {
    const early = after(STATES.ringing, [up(ANN)]);
    expect(stateOf(early)).toBe('ringing');
    expect(legOf(after(early, [accept]), ANN)?.state).toBe('active');
    expect(legOf(after(early, [down(ANN)], [accept]), ANN)?.state).toBe('connecting');
  });
});
