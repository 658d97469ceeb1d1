import { randomUUID } from 'node:crypto';
import type { RtpCapabilities, RtpParameters } from '#protocol/media';
import { TestConnection } from '../../test/support/connection.ts';
import type { Inhabitant, Pair } from './population.ts';

const VOICE: RtpParameters = {
  mid: '0',
  codecs: [
    {
      mimeType: 'audio/opus',
      payloadType: 111,
      clockRate: 48_000,
      channels: 2,
      parameters: { useinbandfec: 1, usedtx: 1 },
      rtcpFeedback: [{ type: 'transport-cc', parameter: '' }],
    },
  ],
  encodings: [{ ssrc: 1001 }],
  rtcp: { cname: 'benchmark', reducedSize: true },
};

const PICTURE: RtpParameters = {
  mid: '1',
  codecs: [
    {
      mimeType: 'video/VP8',
      payloadType: 96,
      clockRate: 90_000,
      rtcpFeedback: [
        { type: 'nack', parameter: '' },
        { type: 'nack', parameter: 'pli' },
        { type: 'ccm', parameter: 'fir' },
        { type: 'transport-cc', parameter: '' },
      ],
    },
    { mimeType: 'video/rtx', payloadType: 97, clockRate: 90_000, parameters: { apt: 96 } },
  ],
  encodings: [{ ssrc: 1002, rtx: { ssrc: 1003 } }],
  rtcp: { cname: 'benchmark', reducedSize: true },
};

/** Video calls that two tabs without a browser hold by the protocol: everything of a call but the packets. */
export class BotPair implements Disposable {
  #callId = '';
  readonly #conversationId: string;
  readonly #caller: TestConnection;
  readonly #callee: TestConnection;

  private constructor(conversationId: string, caller: TestConnection, callee: TestConnection) {
    this.#conversationId = conversationId;
    this.#caller = caller;
    this.#callee = callee;
  }

  /** Both come online. */
  static async connect(url: string, { conversationId, people }: Pair): Promise<BotPair> {
    const connect = ({ cookie }: Inhabitant) =>
      TestConnection.open(url, cookie, { device: randomUUID(), tab: randomUUID() });
    return new BotPair(conversationId, await connect(people[0]), await connect(people[1]));
  }

  /** Rings, answers, joins, and sends and receives both tracks each way. */
  async call(): Promise<void> {
    const callId = randomUUID();
    this.#callId = callId;
    await this.#caller.request('invite', { callId, conversationId: this.#conversationId, kind: 'video' });
    await this.#callee.request('alert', { callId });
    await this.#callee.request('accept', { callId });
    for (const one of [this.#caller, this.#callee]) {
      const answer = await one.request('getRouterCapabilities', {});
      const rtpCapabilities = answer.rtpCapabilities as RtpCapabilities;
      await one.request('join', { callId, rtpCapabilities, sending: true });
      await one.request('produce', { callId, source: 'microphone', rtpParameters: VOICE, paused: false });
      await one.request('produce', { callId, source: 'camera', rtpParameters: PICTURE, paused: false });
    }
  }

  async end(): Promise<void> {
    await this.#caller.request('endCall', { callId: this.#callId });
  }

  [Symbol.dispose](): void {
    this.#caller[Symbol.dispose]();
    this.#callee[Symbol.dispose]();
  }
}
