import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Joined } from '#protocol/media';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectCall, couple, type Couple } from '../support/call.ts';
import { forbiddenPeers } from '../support/forbidden-peers.ts';
import { joinMedia } from '../support/media.ts';
import { ATTRIBUTES, CLASSES, type End, METHODS, StunMessage } from '../support/stun-message.ts';
import type { Credentials, TurnClient, Way } from '../support/turn-client.ts';
import { describeTurn, TurnStage } from '../support/turn-stage.ts';
import { until } from '../support/until.ts';

const MEDIA_SERVER = '127.44.44.44';
const isRoot = process.getuid?.() === 0;
const WAYS: readonly Way[] = ['udp', 'tcp', 'tls'];
const FIRST_CHANNEL = 0x4000;
const IPV6 = Buffer.from([2, 0, 0, 0]);
/** "Forbidden", and "Peer Address Family Mismatch": what the relay answers to a peer that it does not serve. */
const REFUSALS = [403, 443];

describeTurn('what the relay reaches', () => {
  let stage: TurnStage;
  let people: Couple;
  let joined: Joined;
  let credentials: Credentials;
  beforeAll(async () => {
    stage = await TurnStage.open();
    people = await couple(stage.server.url);
    joined = await joinMedia(people.a, await connectCall(people));
    const [first] = joined.iceServers?.servers ?? [];
    if (!first) throw new Error('the call came without a relay');
    credentials = first;
  });
  afterAll(async () => {
    people[Symbol.dispose]();
    await stage[Symbol.asyncDispose]();
  });

  async function allocated(way: Way): Promise<{ client: TurnClient; relayed: End }> {
    const client = await stage.client(way, credentials);
    const { relayed } = await client.allocate();
    if (!relayed) throw new Error('no allocation');
    return { client, relayed };
  }

  test.each(WAYS)('by %s: of no other peer, whatever is asked', async (way) => {
    using ear = await Ear.open('::');
    using media = await Ear.open(MEDIA_SERVER);
    const { client, relayed } = await allocated(way);
    const peers = [...forbiddenPeers(), relayed.address].map((address) => ({ address, port: ear.port }));
    expect(peers.length).toBeGreaterThan(60);
    // So that what is relayed at all is so for this client.
    expect(await client.permit({ address: MEDIA_SERVER, port: ear.port })).toBe(0);

    const answers: [method: string, peer: string, code: number][] = [];
    for (const [index, peer] of peers.entries()) {
      const channel = FIRST_CHANNEL + index;
      const { address } = peer;
      client.send(peer, Buffer.from(`sent to ${address}`));
      answers.push(['CreatePermission', address, await client.permit(peer)]);
      answers.push([
        'CreatePermission with another',
        address,
        await client.permit({ address: MEDIA_SERVER, port: ear.port }, peer),
      ]);
      answers.push(['ChannelBind', address, await client.bindChannel(channel, peer)]);
      answers.push(['Connect', address, await client.connect(peer)]);
      client.send(peer, Buffer.from(`sent after all to ${address}`));
      client.sendByChannel(channel, Buffer.from(`sent by channel to ${address}`));
    }
    expect(answers.filter(([, , code]) => !REFUSALS.includes(code))).toEqual([]);
    expect(answers).toHaveLength(peers.length * 4);

    const reached = 'to a program that listens at every address';
    client.send({ address: MEDIA_SERVER, port: ear.port }, Buffer.from(reached));
    // What came first has been dealt with when this arrives.
    client.send({ address: MEDIA_SERVER, port: media.port }, Buffer.from('the last'));
    await until('the last', () => media.heard.length > 0);
    expect(media.heard).toEqual([{ text: 'the last', ...relayed }]);
    // Only root may set the rules of the firewall that keep the relay from such programs.
    expect(ear.heard).toEqual(isRoot ? [] : [{ text: reached, ...relayed }]);
    expect(client.received).toEqual([]);
    client[Symbol.dispose]();
  });

  test.each(WAYS)('by %s: not over IPv6, and not by TCP', async (way) => {
    using six = await stage.client(way, credentials);
    expect(await six.allocate([ATTRIBUTES.requestedAddressFamily, IPV6])).toEqual({ code: 440 });
    using both = await stage.client(way, credentials);
    const { code, relayed } = await both.allocate([ATTRIBUTES.additionalAddressFamily, IPV6]);
    expect(code).toBe(0);
    expect(relayed?.address).toBe('127.44.44.43');
    expect(await both.permit({ address: '::1', port: 9 })).toBe(443);
    using tcp = await stage.client(way, credentials);
    expect(await tcp.allocateTcp()).toEqual({ code: 442 });
  });

  test('what others send to a relayed address does not get through', async () => {
    const { client, relayed } = await allocated('udp');
    await client.permit({ address: MEDIA_SERVER, port: 9 });
    const strangers = ['127.0.0.1', '127.44.44.45', '127.44.44.43'];
    for (const [address, text] of [
      ...strangers.map((one) => [one, 'no'] as const),
      [MEDIA_SERVER, 'yes'] as const,
    ]) {
      const socket = createSocket('udp4').bind(0, address);
      await once(socket, 'listening');
      await new Promise((sent) => socket.send(text, relayed.port, relayed.address, sent));
      socket.close();
    }
    await until('what is permitted', () => client.received.length > 0);
    expect(client.received.map(({ data }) => data.toString())).toEqual(['yes']);
    client[Symbol.dispose]();
  });

  test.each(WAYS)('by %s: the media server, which answers', async (way) => {
    const { iceParameters, iceCandidates } = joined.sendTransport;
    const candidate = iceCandidates.find(({ ip }) => ip === MEDIA_SERVER);
    if (!candidate) throw new Error('the media server has no place for relayed media');
    const media = { address: MEDIA_SERVER, port: candidate.port };
    const { client, relayed } = await allocated(way);
    const check = () =>
      StunMessage.make(METHODS.binding, [
        [ATTRIBUTES.username, Buffer.from(`${iceParameters.usernameFragment}:test`)],
        [ATTRIBUTES.priority, Buffer.from('6e7f1eff', 'hex')],
        [ATTRIBUTES.iceControlling, Buffer.alloc(8, 1)],
      ])
        .signed(iceParameters.password)
        .fingerprinted();
    const answerTo = async (request: StunMessage, from: End | number) => {
      const answer = await until('the answer', () =>
        client.received
          .filter((one) => JSON.stringify(one.from) === JSON.stringify(from))
          .map(({ data }) => StunMessage.parse(data))
          .find(({ transaction }) => transaction.equals(request.transaction)),
      );
      expect(answer.type).toBe(METHODS.binding | CLASSES.success);
      expect(answer.address(ATTRIBUTES.xorMappedAddress)).toEqual(relayed);
    };

    expect(await client.permit(media)).toBe(0);
    const indicated = check();
    client.send(media, indicated.encode());
    await answerTo(indicated, media);

    expect(await client.bindChannel(FIRST_CHANNEL, media)).toBe(0);
    const channelled = check();
    client.sendByChannel(FIRST_CHANNEL, channelled.encode());
    await answerTo(channelled, FIRST_CHANNEL);
    client[Symbol.dispose]();
  });
});

/** Hears what arrives at one UDP port of an address; of every address, IPv4 and IPv6, where that is `::`. */
class Ear implements Disposable {
  readonly heard: { text: string; address: string; port: number }[] = [];
  readonly #socket: Socket;

  private constructor(address: string) {
    this.#socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  }

  static async open(address: string): Promise<Ear> {
    const ear = new Ear(address);
    ear.#socket.on('message', (bytes, { address, port }) => {
      ear.heard.push({ text: bytes.toString(), address: address.replace('::ffff:', ''), port });
    });
    ear.#socket.bind(0, address);
    await once(ear.#socket, 'listening');
    return ear;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}
