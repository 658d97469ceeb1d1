import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Call, Leg } from '#protocol/call';
import { FakeTrack, reported } from '../../support/fake-page.ts';
import { FakeServer, NEVER, Refusal } from '../../support/fake-socket.ts';
import { joinAnswer, remoteTrack, routerCapabilities } from '../../support/fake-device.ts';
import { Signaling } from '../../../client/lib/signaling.ts';
import type { ActiveCall } from '../../../client/state/active-call.svelte.ts';
import { Calls } from '../../../client/state/calls.svelte.ts';

const ANN = { id: 'ann', username: 'ann' };
const BEN = { id: 'ben', username: 'ben' };
const CLEO = { id: 'cleo', username: 'cleo' };
const HERE = 'this tab';
const GOES_ON_FOR = 30_000;

let server: FakeServer;
let signaling: Signaling;
let calls: Calls;
/** What the page was told: what became of rings, and which calls are over. */
let told: string[];
/** The calls that the server says are live, on the next connection. */
let live: Call[];
/** How each call stands, as far as it was made up. */
let known: Map<string, Call>;
let count = 0;

const pass = (milliseconds = 2) => vi.advanceTimersByTimeAsync(milliseconds);
const asked = (...methods: string[]) =>
  server.requests
    .filter(({ method }) => methods.includes(method))
    .map(({ method, data }) => `${method} ${String(data['callId'])}`);
/** Every request that changes a call. */
const moves = () => asked('invite', 'accept', 'decline', 'endCall');

const leg = (person: typeof ANN, role: Leg['role'], state: Leg['state']): Leg => ({
  participantId: `${person.id} in it`,
  accountId: person.id,
  username: person.username,
  role,
  state,
  inAnotherCall: false,
});

const LEGS: Record<Call['state'], [caller: Leg['state'], callee: Leg['state']]> = {
  calling: ['waiting', 'ringing'],
  ringing: ['waiting', 'ringing'],
  connecting: ['connecting', 'connecting'],
  active: ['active', 'active'],
  reconnecting: ['active', 'reconnecting'],
  ended: ['left', 'left'],
};

/** A call as the server tells of it to ann. */
function view(from: typeof ANN, to: typeof ANN, state: Call['state'], part: Partial<Call> = {}): Call {
  const answered = state !== 'calling' && state !== 'ringing' && state !== 'ended';
  const [caller, callee] = LEGS[state];
  return keep({
    id: `call ${++count}`,
    conversationId: 'conversation',
    kind: 'video',
    state,
    version: 1,
    createdAt: Date.now(),
    answeredAt: answered ? Date.now() : null,
    endedAt: state === 'ended' ? Date.now() : null,
    reason: null,
    endedBy: null,
    legs: [leg(from, 'caller', caller), leg(to, 'callee', callee)],
    boundTo: from === ANN || answered ? HERE : null,
    ...part,
  });
}

function keep(call: Call): Call {
  known.set(call.id, call);
  return call;
}

/** The call some time later. */
function later(call: Call, state: Call['state'], part: Partial<Call> = {}): Call {
  const [caller, callee] = LEGS[state];
  const legs = call.legs.map((one) => ({ ...one, state: one.role === 'caller' ? caller : callee }));
  const answered = state === 'connecting' || state === 'active' || state === 'reconnecting';
  return keep({
    ...call,
    state,
    version: call.version + 1,
    legs,
    answeredAt: call.answeredAt ?? (answered ? Date.now() : null),
    endedAt: state === 'ended' ? Date.now() : null,
    boundTo: answered ? (call.boundTo ?? HERE) : call.boundTo,
    ...part,
  });
}

const notify = (call: Call): void => server.notify('call', { call });

function here(): ActiveCall {
  if (!calls.here) throw new Error('there is no call here');
  return calls.here;
}

/** From now on this page has a microphone and a camera. Returns what of them was opened. */
function giveDevices(): FakeTrack[] {
  const opened: FakeTrack[] = [];
  const getUserMedia = ({ audio, video }: MediaStreamConstraints) => {
    if (audio) opened.push(new FakeTrack('audio'));
    if (video) opened.push(new FakeTrack('video'));
    return Promise.resolve(new MediaStream(opened));
  };
  const mediaDevices = Object.assign(new EventTarget(), {
    getUserMedia,
    enumerateDevices: () => Promise.resolve([]),
  });
  vi.stubGlobal('isSecureContext', true);
  vi.stubGlobal('navigator', { mediaDevices });
  return opened;
}

function start(): void {
  signaling = new Signaling({
    device: 'device',
    tab: HERE,
    onConnected: (connected) => {
      if (!connected) calls.disconnected();
    },
    onSessionDoubt: () => undefined,
  });
  calls = new Calls({
    signaling,
    selfId: ANN.id,
    tab: HERE,
    conversationWith: () => Promise.resolve('conversation'),
    onUnsupported: () => told.push('unsupported'),
    onRingOver: (outcome, { username }) => told.push(`${outcome} ${username}`),
    onEnded: ({ reason }) => told.push(`over ${String(reason)}`),
    now: () => Date.now(),
    goesOnFor: () => GOES_ON_FOR,
  });
  signaling.on({ snapshot: () => calls.fill(live) });
}

/** The connection goes, and is back after so long. */
async function reconnect(after = 500): Promise<void> {
  server.reach = 'refused';
  server.drop();
  await pass(after);
  server.reach = 'open';
  await pass(2_000);
}

beforeEach(async () => {
  vi.useFakeTimers();
  told = [];
  live = [];
  known = new Map();
  server = new FakeServer();
  server.answer('getRouterCapabilities', routerCapabilities);
  server.answer('join', () => joinAnswer());
  // Whatever is asked of a call, the answer is the call as it stands.
  for (const method of ['accept', 'decline', 'endCall', 'getCall']) {
    server.answer(method, ({ callId }) => {
      const call = known.get(String(callId));
      return call ? { call } : new Refusal('not_found');
    });
  }
  start();
  await pass();
});

afterEach(() => {
  calls.close();
  signaling.close();
  expect(reported.splice(0)).toEqual([]);
  vi.stubGlobal('isSecureContext', false);
  vi.useRealTimers();
});

describe('a call that comes in', () => {
  test('rings, and the server is told so once', async () => {
    const call = view(BEN, ANN, 'calling');
    notify(call);
    expect(calls.ring).toMatchObject({ call: { id: call.id }, manner: 'loud' });
    notify(later(call, 'ringing'));
    await pass();
    expect(calls.rings).toHaveLength(1);
    expect(asked('alert')).toEqual([`alert ${call.id}`]);
  });

  test('that is learnt of late rings quietly', () => {
    notify(view(BEN, ANN, 'calling', { createdAt: Date.now() - 15_000 }));
    expect(calls.ring?.manner).toBe('late');
  });

  test('is answered: the server is asked, media are joined, and the other’s tracks are theirs', async () => {
    const call = view(BEN, ANN, 'ringing');
    notify(call);
    server.answer('accept', () => ({ call: later(call, 'connecting') }));
    const track = remoteTrack('camera', { participantId: 'ben in it' });
    server.answer('join', () => joinAnswer({ consumers: [track] }));
    calls.answer(call, true);
    expect(calls.rings).toEqual([]);
    expect(here()).toMatchObject({ phase: 'connecting', outgoing: false, peer: BEN });
    await pass(10);
    expect(moves()).toEqual([`accept ${call.id}`]);
    expect(asked('join')).toEqual([`join ${call.id}`]);
    expect(here().remote).toMatchObject({ id: 'ben in it', cameraOff: false, muted: true });
    expect(here().remote?.video).not.toBeNull();

    notify(later(call, 'active', { version: 5 }));
    expect(here().phase).toBe('active');
    expect(asked('join')).toHaveLength(1);
  });

  test('whose answer is lost with the connection is answered on the next one', async () => {
    const call = view(BEN, ANN, 'ringing');
    notify(call);
    server.answer('accept', () => NEVER);
    calls.answer(call, false);
    await pass();
    live = [call];
    server.answer('accept', () => ({ call: later(call, 'connecting') }));
    await reconnect();
    expect(moves()).toEqual([`accept ${call.id}`, `accept ${call.id}`]);
    expect(here().phase).toBe('connecting');
    expect(asked('join')).toHaveLength(1);
  });

  test('that was over before the answer came says so', async () => {
    const call = view(BEN, ANN, 'ringing');
    notify(call);
    server.answer('accept', () => ({ call: later(call, 'ended', { reason: 'cancelled' }) }));
    calls.answer(call, false);
    await pass();
    expect(here()).toMatchObject({ phase: 'ended', ending: 'cancelled' });
    calls.dismiss();
    expect(calls.here).toBeNull();
  });

  test('is declined at once, whatever the server says', async () => {
    const call = view(BEN, ANN, 'ringing');
    notify(call);
    server.answer('decline', () => ({ call: later(call, 'ended', { reason: 'declined' }) }));
    calls.decline(call);
    expect(calls.ring).toBeNull();
    await pass();
    expect(moves()).toEqual([`decline ${call.id}`]);
    expect(told).toEqual(['over declined']);
    calls.decline(call);
    await pass();
    expect(moves()).toHaveLength(1);
  });

  test('that was declined without a connection is declined on the next one, and does not ring there', async () => {
    const call = view(BEN, ANN, 'ringing');
    notify(call);
    server.reach = 'refused';
    server.drop();
    calls.decline(call);
    await pass();
    live = [call];
    await reconnect();
    expect(calls.ring).toBeNull();
    expect(moves()).toEqual([`decline ${call.id}`]);
  });

  test('is ignored without a word', async () => {
    const call = view(BEN, ANN, 'ringing');
    notify(call);
    calls.ignore(call);
    await pass();
    expect(calls.ring).toBeNull();
    expect(moves()).toEqual([]);
  });

  test('that the caller gives up, or loses, was missed', () => {
    for (const reason of ['cancelled', 'caller_lost', 'no_answer', 'unreachable'] as const) {
      const call = view(BEN, ANN, 'ringing');
      notify(call);
      notify(later(call, 'ended', { reason }));
      expect(calls.ring).toBeNull();
      expect(told.splice(0)).toEqual(['missed ben', `over ${reason}`]);
    }
  });

  test('that is over is not woken by what comes late', () => {
    const call = view(BEN, ANN, 'calling');
    const ringing = later(call, 'ringing');
    notify(call);
    notify(later(ringing, 'ended', { reason: 'no_answer' }));
    notify(ringing);
    expect(calls.ring).toBeNull();
    expect(told).toEqual(['missed ben', 'over no_answer']);
  });

  test('of someone who was blocked meanwhile, or that was taken back at once, leaves nothing', () => {
    for (const reason of ['unavailable', 'taken_back'] as const) {
      const call = view(BEN, ANN, 'ringing');
      notify(call);
      notify(later(call, 'ended', { reason }));
    }
    expect(told).toEqual([]);
  });

  test('that is answered on another device stops, and is elsewhere', async () => {
    const call = view(BEN, ANN, 'ringing');
    notify(call);
    notify(later(call, 'active', { boundTo: 'another tab' }));
    await pass();
    expect(calls.ring).toBeNull();
    expect(calls.elsewhere?.id).toBe(call.id);
    expect(calls.here).toBeNull();
    expect(told).toEqual(['answered_elsewhere ben']);
    expect(asked('join')).toEqual([]);
    // Over there, a second one rings, and here none.
    notify(view(CLEO, ANN, 'ringing'));
    expect(calls.ring).toBeNull();
  });
});

describe('a call that goes out', () => {
  async function call(state: Call['state'] = 'ringing'): Promise<Call> {
    let made: Call | undefined;
    server.answer('invite', ({ callId }) => {
      made = view(ANN, BEN, state, { id: String(callId) });
      return { call: made };
    });
    calls.call(BEN, 'video');
    expect(here().phase).toBe('calling');
    await pass();
    if (!made) throw new Error('nobody was invited');
    return made;
  }

  test('calls, rings, is answered, and is hung up', async () => {
    const outgoing = await call();
    expect(here()).toMatchObject({ phase: 'ringing', outgoing: true });
    expect(asked('join')).toEqual([]);
    notify(later(outgoing, 'active', { version: 3 }));
    await pass(10);
    expect(here().phase).toBe('active');
    expect(asked('join')).toHaveLength(1);

    server.answer('endCall', () => ({ call: later(outgoing, 'ended', { version: 4, reason: 'hung_up' }) }));
    calls.hangUp();
    expect(here()).toMatchObject({ phase: 'ended', ending: 'hung_up' });
    await pass();
    expect(moves()).toEqual([`invite ${outgoing.id}`, `endCall ${outgoing.id}`]);
    expect(told).toEqual(['over hung_up']);
  });

  test('is cancelled before the answer', async () => {
    const outgoing = await call();
    calls.hangUp();
    expect(here().ending).toBe('cancelled');
    await pass();
    expect(moves()).toEqual([`invite ${outgoing.id}`, `endCall ${outgoing.id}`]);
  });

  test('that is given up before anybody was invited rings nobody', async () => {
    calls.call(BEN, 'voice');
    calls.hangUp();
    await pass();
    expect(asked('invite')).toEqual([]);
    expect(here().ending).toBe('cancelled');
  });

  test('whose invitation is lost with the connection is sent again, and stays one call', async () => {
    server.answer('invite', () => NEVER);
    calls.call(BEN, 'video');
    await pass();
    const { id } = here();
    server.answer('invite', ({ callId }) => ({ call: view(ANN, BEN, 'ringing', { id: String(callId) }) }));
    await reconnect();
    expect(moves()).toEqual([`invite ${id}`, `invite ${id}`]);
    expect(here().phase).toBe('ringing');
  });

  test('that is refused says why, and can be made again', async () => {
    server.answer('invite', () => new Refusal('rate_limited'));
    calls.call(BEN, 'voice');
    await pass();
    expect(here()).toMatchObject({ phase: 'ended', ending: 'rate_limited' });
    calls.again();
    await pass();
    expect(asked('invite')).toHaveLength(2);
  });

  test('is the only one that this tab makes', async () => {
    await call();
    calls.call(CLEO, 'voice');
    await pass();
    expect(asked('invite')).toHaveLength(1);
    expect(here().peer).toEqual(BEN);
  });

  test('meets one of the same person: the one that was first goes on', async () => {
    const incoming = view(BEN, ANN, 'ringing');
    server.answer('invite', () => ({ call: later(incoming, 'connecting', { kind: 'voice' }) }));
    calls.call(BEN, 'video');
    notify(incoming);
    // It is no other call, and does not ring over this one.
    expect(calls.rings).toEqual([]);
    await pass(10);
    expect(here()).toMatchObject({ id: incoming.id, phase: 'connecting', outgoing: false, kind: 'voice' });
    expect(asked('join')).toEqual([`join ${incoming.id}`]);
  });

  test('meets one of the same person without a picture, and turns off its camera', async () => {
    const devices = giveDevices();
    const incoming = view(BEN, ANN, 'ringing');
    const answer = server.hold('invite');
    calls.call(BEN, 'video');
    await pass(10);
    expect(here().own.cameraOn).toBe(true);
    answer({ call: later(incoming, 'connecting', { kind: 'voice' }) });
    await pass(10);
    expect(here().own.cameraOn).toBe(false);
    expect(devices.map(({ kind, readyState }) => `${kind} ${readyState}`)).toEqual([
      'audio live',
      'video ended',
    ]);
  });

  test('meets one of the same person, and was hung up meanwhile: the other one is ended, too', async () => {
    const incoming = view(BEN, ANN, 'ringing');
    const answer = server.hold('invite');
    calls.call(BEN, 'video');
    const { id } = here();
    await pass();
    calls.hangUp();
    answer({ call: later(incoming, 'connecting') });
    await pass(10);
    expect(moves()).toEqual([`invite ${id}`, `endCall ${id}`, `endCall ${incoming.id}`]);
    expect(here()).toMatchObject({ phase: 'ended', ending: 'cancelled' });
    expect(asked('join')).toEqual([]);
  });

  test('has another one ring over it; that is answered once the server knows that the first is over', async () => {
    const outgoing = await call();
    const second = view(CLEO, ANN, 'ringing');
    notify(second);
    expect(calls.ring).toMatchObject({ call: { id: second.id }, manner: 'waiting' });
    const end = server.hold('endCall');
    server.answer('accept', () => ({ call: later(second, 'connecting') }));
    calls.answer(second, false);
    await pass();
    expect(asked('accept')).toEqual([]);
    end({ call: later(outgoing, 'ended', { reason: 'cancelled' }) });
    await pass(10);
    expect(asked('accept')).toEqual([`accept ${second.id}`]);
    expect(here()).toMatchObject({ id: second.id, phase: 'connecting', peer: CLEO });
  });

  test('is told of in any order: what is older than what is known changes nothing', async () => {
    const outgoing = await call();
    notify(later(outgoing, 'active', { version: 4 }));
    notify(later(outgoing, 'connecting', { version: 3 }));
    expect(here().phase).toBe('active');
    notify(later(outgoing, 'ended', { version: 5, reason: 'hung_up' }));
    notify(later(outgoing, 'active', { version: 4 }));
    expect(here().phase).toBe('ended');
    expect(calls.busyHere).toBe(false);
  });
});

describe('without a connection', () => {
  async function talk(): Promise<Call> {
    const call = view(BEN, ANN, 'active', { version: 5 });
    notify(call);
    await pass(10);
    expect(here().phase).toBe('active');
    return call;
  }

  test('a call goes on, and is as it was on the next one', async () => {
    live = [await talk()];
    const joins = asked('join').length;
    await reconnect(GOES_ON_FOR - 5_000);
    expect(here().phase).toBe('active');
    expect(asked('join')).toHaveLength(joins);
    expect(moves()).toEqual([]);
  });

  test('a call is given up when the server would have ended it; where it has not, it is hung up', async () => {
    const call = await talk();
    live = [call];
    server.answer('endCall', () => ({ call: later(call, 'ended', { reason: 'hung_up', endedBy: ANN.id }) }));
    server.reach = 'refused';
    server.drop();
    await pass(GOES_ON_FOR - 100);
    expect(here().phase).toBe('active');
    await pass(200);
    expect(here()).toMatchObject({ phase: 'ended', ending: 'connection_lost', fault: 'own' });
    server.reach = 'open';
    await pass(2_000);
    expect(moves()).toEqual([`endCall ${call.id}`]);
    // The person did not hang up.
    expect(here().ending).toBe('connection_lost');
  });

  test('an answer that was given up is no refusal: it rings again where the server never heard of it', async () => {
    const call = view(BEN, ANN, 'ringing');
    notify(call);
    server.answer('accept', () => NEVER);
    calls.answer(call, false);
    await pass();
    live = [call];
    server.answer('endCall', () => ({ call }));
    await reconnect(GOES_ON_FOR + 1_000);
    expect(moves()).toEqual([`accept ${call.id}`, `endCall ${call.id}`]);
    expect(calls.ring?.call.id).toBe(call.id);
  });

  test('media that were asked for on the last one are asked for again on the next', async () => {
    server.answer('join', () => NEVER);
    live = [await talk()];
    const joins = asked('join').length;
    server.answer('join', () => joinAnswer());
    await reconnect();
    expect(asked('join').length).toBeGreaterThan(joins);
  });

  test('how a call ended is asked afterwards, and nothing is done to it', async () => {
    const call = await talk();
    server.answer('getCall', () => ({
      call: later(call, 'ended', { reason: 'connection_lost', endedBy: BEN.id }),
    }));
    await reconnect();
    expect(asked('getCall')).toEqual([`getCall ${call.id}`]);
    expect(moves()).toEqual([]);
    expect(here()).toMatchObject({ phase: 'ended', ending: 'connection_lost', fault: 'other' });
    expect(told).toEqual(['over connection_lost']);
  });

  test('a ring that is over meanwhile is asked after like any call', async () => {
    const call = view(BEN, ANN, 'ringing');
    notify(call);
    server.answer('getCall', () => ({ call: later(call, 'ended', { reason: 'no_answer' }) }));
    await reconnect();
    expect(asked('getCall')).toEqual([`getCall ${call.id}`]);
    expect(moves()).toEqual([]);
    expect(calls.ring).toBeNull();
    expect(told).toEqual(['missed ben', 'over no_answer']);
  });

  test('what is asked after and lost again is asked on the next connection', async () => {
    const call = await talk();
    server.answer('getCall', () => NEVER);
    await reconnect();
    expect(here().phase).toBe('active');
    server.answer('getCall', () => ({ call: later(call, 'ended', { reason: 'hung_up' }) }));
    await reconnect();
    expect(here()).toMatchObject({ phase: 'ended', ending: 'hung_up' });
  });

  test('a call that nobody knows any more was lost', async () => {
    await talk();
    server.answer('getCall', () => new Refusal('not_found'));
    await reconnect();
    expect(here()).toMatchObject({ phase: 'ended', ending: 'connection_lost' });
    await reconnect();
    expect(asked('getCall')).toHaveLength(1);
  });

  test('a caller who was away for too long reads that it was their connection', async () => {
    let outgoing: Call | undefined;
    server.answer('invite', ({ callId }) => {
      outgoing = view(ANN, BEN, 'ringing', { id: String(callId) });
      return { call: outgoing };
    });
    calls.call(BEN, 'voice');
    await pass();
    server.answer('getCall', () => ({
      call: outgoing && later(outgoing, 'ended', { reason: 'caller_lost', endedBy: ANN.id }),
    }));
    await reconnect(12_000);
    expect(here()).toMatchObject({ phase: 'ended', ending: 'caller_lost', fault: 'own', outgoing: true });
  });

  test('a page that is loaded again takes up the call that is bound to its tab', async () => {
    const call = view(ANN, BEN, 'active', { version: 5 });
    live = [call];
    calls.close();
    signaling.close();
    start();
    await pass(10);
    expect(here()).toMatchObject({ id: call.id, phase: 'active', outgoing: true, peer: BEN });
    expect(new Set(asked('join'))).toEqual(new Set([`join ${call.id}`]));
  });

  test('a ring is told of again on each connection', async () => {
    const call = view(BEN, ANN, 'ringing');
    notify(call);
    await pass();
    live = [call];
    await reconnect();
    expect(asked('alert')).toHaveLength(2);
  });
});

test('without WebRTC nobody is called, nor answered', async () => {
  Reflect.deleteProperty(globalThis, 'RTCPeerConnection');
  try {
    const call = view(BEN, ANN, 'ringing');
    notify(call);
    calls.answer(call, false);
    calls.call(CLEO, 'voice');
    await pass();
    expect(told).toEqual(['unsupported', 'unsupported']);
    expect(moves()).toEqual([]);
    expect(calls.here).toBeNull();
  } finally {
    vi.stubGlobal('RTCPeerConnection', EventTarget);
  }
});

test('where media cannot be had for a fault of the page, the call ends and says so', async () => {
  server.answer('join', () => ({ ...joinAnswer(), sendTransport: null }));
  const call = view(BEN, ANN, 'active', { version: 5 });
  notify(call);
  await pass(10_000);
  expect(here()).toMatchObject({ phase: 'ended', ending: 'page' });
  expect(asked('endCall')).toEqual([`endCall ${call.id}`]);
  expect(reported.splice(0)).toHaveLength(2);
});
