import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeTrack, reported } from '../../support/fake-page.ts';
import { FakeServer, NEVER, Refusal } from '../../support/fake-socket.ts';
import {
  handlers,
  iceServers,
  joinAnswer,
  remoteTrack,
  routerCapabilities,
} from '../../support/fake-device.ts';
import type { RemoteTrack, TrackOwner } from '../../../client/lib/joined-room.ts';
import { MediaSession } from '../../../client/lib/media-session.ts';
import type { MediaTrouble } from '../../../client/lib/media-state.ts';
import { Signaling } from '../../../client/lib/signaling.ts';

const CALL = 'call';

/** What of a participant's tracks there is now. */
class Owner implements TrackOwner {
  readonly tracks = new Map<string, RemoteTrack>();
  interruptions = 0;

  added(track: RemoteTrack): void {
    this.tracks.set(track.consumerId, track);
  }

  removed(consumerId: string): void {
    this.tracks.delete(consumerId);
  }

  paused(consumerId: string, paused: boolean): void {
    const track = this.tracks.get(consumerId);
    if (track) this.tracks.set(consumerId, { ...track, paused });
  }

  interrupted(): void {
    this.tracks.clear();
    this.interruptions++;
  }
}

let server: FakeServer;
let signaling: Signaling;
let media: MediaSession;
let owners: Map<string, Owner>;
let troubles: (MediaTrouble | null)[];

const pass = (milliseconds = 1) => vi.advanceTimersByTimeAsync(milliseconds);
const joins = () => server.asked('join').length;
const ben = () => owners.get('ben') ?? new Owner();
const shown = () =>
  [...ben().tracks.values()].map(({ source, paused }) => `${source}${paused ? ' paused' : ''}`);

/** As `Calls` does it: with each snapshot but the first, the session hears of the new connection. */
function connect(): Signaling {
  const made = new Signaling({
    device: 'device',
    tab: 'tab',
    onConnected: () => undefined,
    onSessionDoubt: () => undefined,
  });
  let first = true;
  made.on({
    snapshot: () => {
      if (!first) media.reconnected();
      first = false;
    },
  });
  return made;
}

beforeEach(async () => {
  vi.useFakeTimers();
  handlers.length = 0;
  troubles = [];
  owners = new Map();
  server = new FakeServer();
  server.answer('getRouterCapabilities', routerCapabilities);
  server.answer('join', () => joinAnswer());
  server.answer('produce', () => ({ producerId: crypto.randomUUID() }));
  signaling = connect();
  await pass();
  media = new MediaSession({
    signaling,
    callId: () => CALL,
    ownerOf: (id) => {
      const known = owners.get(id) ?? new Owner();
      owners.set(id, known);
      return known;
    },
    onTrouble: (trouble) => troubles.push(trouble),
  });
});

afterEach(() => {
  media.close();
  signaling.close();
  vi.useRealTimers();
  reported.length = 0;
});

/** Joins, with what there is to send. */
async function join(...sources: ('microphone' | 'camera')[]): Promise<void> {
  for (const source of sources)
    media.setTrack(source, new FakeTrack(source === 'camera' ? 'video' : 'audio'));
  media.join();
  await pass();
}

/** From now on an answer of this method waits until it is let go. */
function hold(method: string): (answer: object) => Promise<void> {
  const letGo = server.hold(method);
  return async (answer) => {
    letGo(answer);
    await pass(5);
  };
}

describe('joining', () => {
  test('asks once, sends what there is, and takes what the others send', async () => {
    const tracks = [remoteTrack('microphone'), remoteTrack('camera', { producerPaused: true })];
    server.answer('join', () => joinAnswer({ consumers: tracks }));
    media.join();
    media.join();
    await join('microphone', 'camera');
    await pass(5);

    expect(joins()).toBe(1);
    expect(server.asked('join')[0]).toMatchObject({ callId: CALL, sending: true });
    expect(server.asked('produce').map(({ source }) => source)).toEqual(['microphone', 'camera']);
    expect(server.asked('connectTransport')).toHaveLength(2);
    expect(server.asked('resumeConsumers')).toEqual([
      { callId: CALL, consumerIds: tracks.map(({ id }) => id) },
    ]);
    expect(shown()).toEqual(['microphone', 'camera paused']);
    expect(troubles).toEqual([null]);
  });

  test('each participant has their own tracks', async () => {
    const consumers = [remoteTrack('camera'), remoteTrack('camera', { participantId: 'cleo' })];
    server.answer('join', () => joinAnswer({ consumers }));
    await join();
    expect([...owners].map(([id, { tracks }]) => [id, [...tracks.keys()]])).toEqual([
      ['ben', [consumers[0]?.id]],
      ['cleo', [consumers[1]?.id]],
    ]);
  });

  test('is tried again after 0, 0.5, 1.5 and 3 s, then every 3 s with a word of it, until it succeeds', async () => {
    const times: number[] = [];
    const began = Date.now();
    server.answer('join', () => {
      times.push(Date.now() - began);
      return new Refusal('overloaded');
    });
    await join('microphone');
    await pass(4_990);
    expect(troubles).toEqual([]);
    await pass(6_100);
    const gaps = times.map((time, index) => Math.round((time - (times[index - 1] ?? 0)) / 100) / 10);
    expect(gaps).toEqual([0, 0, 0.5, 1.5, 3, 3, 3]);
    expect(troubles).toEqual(['unreachable', 'unreachable', 'unreachable']);

    server.answer('join', () => joinAnswer());
    await pass(3_000);
    expect(troubles.at(-1)).toBeNull();
    expect(server.asked('produce')).toHaveLength(1);

    // What succeeded counts: the next failure is tried again at once.
    server.answer('join', () => new Refusal('overloaded'));
    server.notify('mediaLost', { callId: CALL });
    const before = joins();
    await pass(10);
    expect(joins()).toBe(before + 2);
  });

  test('is given up with a word where our own code fails twice', async () => {
    server.answer('join', () => ({ ...joinAnswer(), sendTransport: null }));
    await join();
    await pass(10_000);
    expect(troubles).toEqual(['page']);
    expect(joins()).toBe(2);
    expect(reported).toHaveLength(2);
  });

  test('is given up without a word where the call is over', async () => {
    server.answer('join', () => new Refusal('call_moved_on'));
    await join();
    await pass(60_000);
    expect(joins()).toBe(1);
    expect(troubles).toEqual([]);
  });

  test('is given up with a word where the browser has no WebRTC', async () => {
    Reflect.deleteProperty(globalThis, 'RTCPeerConnection');
    try {
      await join();
      await pass(60_000);
      expect(troubles).toEqual(['unsupported']);
      expect(joins()).toBe(0);
    } finally {
      vi.stubGlobal('RTCPeerConnection', EventTarget);
    }
  });

  test('who promised tracks and has none joins again, only to listen', async () => {
    await join();
    expect(server.asked('join')[0]).toMatchObject({ sending: true });
    media.devicesSettled();
    await pass();
    expect(server.asked('join')[1]).toMatchObject({ sending: false });
    media.devicesSettled();
    await pass();
    expect(joins()).toBe(2);
  });

  test('who has a track when the devices have answered stays', async () => {
    await join('microphone');
    media.devicesSettled();
    await pass(10_000);
    expect(joins()).toBe(1);
  });

  test('who learns while the server is asked that there is nothing to send joins once more', async () => {
    const answer = hold('join');
    await join();
    media.devicesSettled();
    expect(joins()).toBe(1);
    await answer(joinAnswer());
    expect(server.asked('join').map(({ sending }) => sending)).toEqual([true, false]);
  });
});

describe('the connection', () => {
  test('is waited for where it was lost while the server was asked', async () => {
    server.answer('join', () => NEVER);
    await join('microphone');
    server.reach = 'refused';
    server.drop();
    await pass(20_000);
    expect(joins()).toBe(1);
    expect(troubles).toEqual([]);

    server.answer('join', () => joinAnswer());
    server.reach = 'open';
    await pass(1_000);
    expect(joins()).toBe(2);
    expect(server.asked('produce')).toHaveLength(1);
  });

  test('is waited for where something else was under way', async () => {
    await join('microphone');
    server.answer('pauseProducer', () => NEVER);
    media.setTrack('microphone', null);
    await pass();
    server.drop();
    await pass(1_000);
    expect(joins()).toBe(2);
  });

  test('costs nothing where nothing was under way', async () => {
    await join('microphone');
    server.drop();
    await pass(10_000);
    expect(signaling.open).toBe(true);
    expect(joins()).toBe(1);
    expect(ben().interruptions).toBe(0);
  });

  test('is waited for before media that works is let go', async () => {
    server.answer('join', () => joinAnswer({ consumers: [remoteTrack('camera')] }));
    await join('microphone');
    server.reach = 'refused';
    server.drop();
    await pass();
    handlers[0]?.setConnectionState('failed');
    await pass(5_000);
    expect(shown()).toEqual(['camera']);
    server.reach = 'open';
    await pass(1_000);
    expect(joins()).toBe(2);
    expect(shown()).toEqual(['camera']);
    expect(ben().interruptions).toBe(1);
  });
});

describe('the server’s media', () => {
  test('are joined again when they are lost', async () => {
    await join('microphone');
    server.notify('mediaLost', { callId: CALL });
    await pass();
    expect(joins()).toBe(2);
    expect(server.asked('produce')).toHaveLength(2);
  });

  test('that are lost while they are asked for are made by that very join', async () => {
    const answer = hold('join');
    await join('microphone');
    server.notify('mediaLost', { callId: CALL });
    await answer(joinAnswer());
    expect(joins()).toBe(1);
    expect(server.asked('produce')).toHaveLength(1);
  });

  test('that are lost between the answer and the end of the join are joined again', async () => {
    const answer = hold('produce');
    await join('microphone');
    server.notify('mediaLost', { callId: CALL });
    await pass();
    expect(joins()).toBe(1);
    await answer({ producerId: 'p' });
    expect(joins()).toBe(2);
  });

  test('of another call are nobody’s business here', async () => {
    await join('microphone');
    server.notify('mediaLost', { callId: 'another' });
    server.notify('consumerAdded', { callId: 'another', consumer: remoteTrack('camera') });
    await pass();
    expect(joins()).toBe(1);
    expect(owners.size).toBe(0);
  });

  test('are not asked for after the end', async () => {
    await join('microphone');
    media.close();
    server.notify('mediaLost', { callId: CALL });
    server.notify('consumerAdded', { callId: CALL, consumer: remoteTrack('camera') });
    media.join();
    await pass(10_000);
    expect(joins()).toBe(1);
    expect(owners.size).toBe(0);
  });

  test('that answer after the end are let go', async () => {
    const answer = hold('join');
    await join('microphone');
    media.close();
    await answer(joinAnswer());
    expect(handlers).toHaveLength(0);
    expect(server.asked('produce')).toHaveLength(0);
  });
});

describe('a track of another', () => {
  const tell = async (method: string, data: object) => {
    server.notify(method, { callId: CALL, ...data });
    await pass();
  };

  test('comes, pauses, goes on, and goes', async () => {
    await join();
    const consumer = remoteTrack('camera');
    await tell('consumerAdded', { consumer });
    expect(shown()).toEqual(['camera']);
    expect(server.asked('resumeConsumers')).toEqual([{ callId: CALL, consumerIds: [consumer.id] }]);
    await tell('consumerPaused', { consumerId: consumer.id, paused: true });
    expect(shown()).toEqual(['camera paused']);
    await tell('consumerPaused', { consumerId: consumer.id, paused: false });
    expect(shown()).toEqual(['camera']);
    const [track] = [...ben().tracks.values()];
    await tell('consumerRemoved', { consumerId: consumer.id });
    expect(shown()).toEqual([]);
    expect(track?.track.readyState).toBe('ended');
  });

  test('that is told of a second time, after a reconnect, is the same, paused or not as it is now', async () => {
    await join();
    const consumer = remoteTrack('camera');
    await tell('consumerAdded', { consumer });
    const [first] = [...ben().tracks.values()];
    await tell('consumerAdded', { consumer: { ...consumer, producerPaused: true } });
    expect(shown()).toEqual(['camera paused']);
    expect([...ben().tracks.values()][0]?.track).toBe(first?.track);
    expect(server.asked('resumeConsumers')).toHaveLength(1);
  });

  test('that is taken back while it is made is never shown, nor asked for', async () => {
    await join();
    const consumer = remoteTrack('camera');
    server.notify('consumerAdded', { callId: CALL, consumer });
    server.notify('consumerRemoved', { callId: CALL, consumerId: consumer.id });
    await pass();
    expect(shown()).toEqual([]);
    expect(server.asked('resumeConsumers')).toEqual([]);
  });

  test('that is paused while it is made is shown so', async () => {
    await join();
    const consumer = remoteTrack('camera');
    server.notify('consumerAdded', { callId: CALL, consumer });
    server.notify('consumerPaused', { callId: CALL, consumerId: consumer.id, paused: true });
    await pass();
    expect(shown()).toEqual(['camera paused']);
  });

  test('that is told of before there is a join comes with its answer', async () => {
    await tell('consumerAdded', { consumer: remoteTrack('camera') });
    expect(owners.size).toBe(0);
    expect(server.asked('resumeConsumers')).toEqual([]);
  });

  test('of a join that was replaced has nothing joined again, whatever becomes of it', async () => {
    await join();
    const answer = hold('resumeConsumers');
    await tell('consumerAdded', { consumer: remoteTrack('camera') });
    await join();
    await answer(new Refusal('not_joined'));
    await pass(10);
    expect(joins()).toBe(2);
  });

  test('that cannot be made has everything joined again', async () => {
    await join();
    await tell('consumerAdded', {
      consumer: { ...remoteTrack('camera'), rtpParameters: { codecs: [], encodings: [] } },
    });
    await pass(10);
    expect(joins()).toBe(2);
  });
});

describe('our own track', () => {
  test('that changes while the server is asked is the one that is sent, once', async () => {
    const before = new FakeTrack('audio');
    const after = new FakeTrack('audio');
    const answer = hold('join');
    media.setTrack('microphone', before);
    await join();
    before.end();
    media.setTrack('microphone', after);
    await answer(joinAnswer());
    expect(joins()).toBe(1);
    expect(server.asked('produce')).toHaveLength(1);
    expect(JSON.stringify(server.asked('produce'))).toContain(after.id);
    expect(server.asked('pauseProducer')).toEqual([]);
  });

  test('is replaced without a word to the server', async () => {
    await join('camera');
    const [send] = handlers;
    if (!send) throw new Error('nothing was joined');
    const replaced = vi.spyOn(send, 'replaceTrack');
    const next = new FakeTrack('video');
    media.setTrack('camera', next);
    await pass();
    expect(replaced).toHaveBeenCalledWith(expect.anything(), next);
    expect(server.asked('produce')).toHaveLength(1);
    expect(server.asked('pauseProducer')).toEqual([]);
  });

  test('that goes pauses what is sent, and one that comes has it go on', async () => {
    server.answer('produce', () => ({ producerId: 'p' }));
    await join('camera');
    media.setTrack('camera', null);
    await pass();
    media.setTrack('camera', new FakeTrack('video'));
    await pass();
    expect(server.asked('pauseProducer')).toEqual([
      { callId: CALL, producerId: 'p', paused: true },
      { callId: CALL, producerId: 'p', paused: false },
    ]);
  });

  test('that has ended by itself is not sent', async () => {
    const gone = new FakeTrack('audio');
    gone.end();
    media.setTrack('microphone', gone);
    await join();
    await pass(10);
    expect(server.asked('produce')).toEqual([]);
    expect(joins()).toBe(1);
  });

  test('that the server refuses has everything joined again', async () => {
    server.answer('produce', () => new Refusal('media_lost'));
    await join('microphone');
    server.answer('produce', () => ({ producerId: 'p' }));
    await pass(10);
    expect(joins()).toBe(2);
  });
});

describe('ICE', () => {
  const transportId = (side: 'send' | 'recv') => {
    const { sendTransport, recvTransport } = answer;
    return side === 'send' ? sendTransport.id : recvTransport.id;
  };
  let answer: ReturnType<typeof joinAnswer>;

  beforeEach(() => {
    answer = joinAnswer({ lifetime: 600 });
    server.answer('join', () => answer);
    server.answer('restartIce', () => ({ iceParameters: { usernameFragment: 'u', password: 'p' } }));
    server.answer('getIceServers', () => ({ iceServers: iceServers(600) }));
  });

  test('is restarted where a way is lost; where that helps, nothing else happens', async () => {
    await join('microphone');
    handlers[1]?.setConnectionState('disconnected');
    await pass();
    expect(server.asked('restartIce')).toEqual([{ callId: CALL, transportId: transportId('recv') }]);
    // What cuts off media may have cut off the socket.
    expect(server.asked('ping')).toHaveLength(1);
    handlers[1]?.setConnectionState('connected');
    await pass(9_000);
    expect(joins()).toBe(1);
  });

  test('that has been restarted and leads nowhere for 3 s is joined again', async () => {
    await join('microphone');
    handlers[0]?.setConnectionState('disconnected');
    await pass(2_900);
    expect(joins()).toBe(1);
    await pass(200);
    expect(joins()).toBe(2);
  });

  test('that has failed is joined again at once', async () => {
    await join('microphone');
    handlers[0]?.setConnectionState('failed');
    await pass();
    expect(joins()).toBe(2);
    expect(server.asked('restartIce')).toEqual([]);
  });

  test('whose restart is refused is joined again', async () => {
    server.answer('restartIce', () => new Refusal('media_moved'));
    await join('microphone');
    handlers[0]?.setConnectionState('disconnected');
    await pass(10);
    expect(joins()).toBe(2);
  });

  test('of a join that was replaced is not tended any more', async () => {
    await join('microphone');
    const [before] = handlers;
    media.join();
    await pass();
    before?.setConnectionState('failed');
    await pass(10_000);
    expect(joins()).toBe(2);
  });

  test('gets new credentials when the old ones are half as old as they may be, again and again', async () => {
    await join('microphone');
    const updates = handlers.map((handler) => vi.spyOn(handler, 'updateIceServers'));
    await pass(299_000);
    expect(server.asked('getIceServers')).toHaveLength(0);
    await pass(2_000);
    expect(server.asked('getIceServers')).toEqual([{ callId: CALL }]);
    for (const update of updates) expect(update).toHaveBeenCalledWith(iceServers(600).servers);
    await pass(300_000);
    expect(server.asked('getIceServers')).toHaveLength(2);
  });

  test('asks for them again later where it gets none now', async () => {
    await join('microphone');
    server.answer('getIceServers', () => new Refusal('internal'));
    await pass(301_000);
    await pass(300_000);
    expect(server.asked('getIceServers')).toHaveLength(2);
    expect(joins()).toBe(1);
  });

  test('asks for none after the end', async () => {
    await join('microphone');
    media.close();
    await pass(700_000);
    expect(server.asked('getIceServers')).toEqual([]);
  });
});
