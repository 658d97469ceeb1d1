// Sends voice and video of many participants, as packets of the right size and pace, and counts what comes
// back. What is in them is of no interest to the server, but for the first bytes of a VP8 frame.
import { tell } from './ends-with-parent.ts';
import { createSocket, type Socket } from 'node:dgram';
import type { PlainSide } from './plain-calls.ts';
import { SrtpSender } from './srtp.ts';

/** About 1 Mbit/s each way: 30 frames of 4 packets a second, and a packet of voice every 20 ms. */
const AUDIO = { everyMs: 20, packets: 1, bytes: 80, clock: 48 };
const VIDEO = { everyMs: 1000 / 30, packets: 4, bytes: 1030, clock: 90 };
const KEY_FRAME_EVERY = 90;
const TICK_MS = 4;

/** Payload types of RTCP that shares the port (RFC 5761 section 4). */
const isRtcp = (packet: Buffer) => ((packet[1] ?? 0) & 0x7f) >= 72 && ((packet[1] ?? 0) & 0x7f) <= 79;

const counted = { sent: 0, received: 0 };
const streams: Stream[] = [];

class Stream {
  readonly #kind: typeof AUDIO;
  readonly #to: { ssrc: number; payloadType: number };
  readonly #srtp: SrtpSender;
  readonly #socket: Socket;
  #next: number;
  #units = 0;
  #packets = 0;

  constructor(
    kind: typeof AUDIO,
    to: { ssrc: number; payloadType: number },
    srtp: SrtpSender,
    socket: Socket,
  ) {
    this.#kind = kind;
    this.#to = to;
    this.#srtp = srtp;
    this.#socket = socket;
    // Not all at once: nor do people's cameras run in step.
    this.#next = performance.now() + Math.random() * kind.everyMs;
  }

  /** Sends what is due. */
  tick(now: number): void {
    const { everyMs, packets } = this.#kind;
    for (; this.#next <= now; this.#next += everyMs) {
      for (let index = 0; index < packets; index++) this.#send(index === 0, index === packets - 1);
      this.#units += 1;
    }
  }

  #send(first: boolean, last: boolean): void {
    const { bytes, clock, everyMs } = this.#kind;
    const packet = Buffer.alloc(12 + bytes);
    packet[0] = 0x80;
    packet[1] = this.#to.payloadType | (last ? 0x80 : 0);
    packet.writeUInt16BE(this.#packets & 0xffff, 2);
    packet.writeUInt32BE(Math.round(this.#units * everyMs * clock) >>> 0, 4);
    packet.writeUInt32BE(this.#to.ssrc, 8);
    // RFC 7741: S in the descriptor, and a frame header whose lowest bit is 0 for a key frame.
    packet[12] = first ? 0x10 : 0;
    packet[13] = this.#units % KEY_FRAME_EVERY === 0 ? 0 : 1;
    this.#socket.send(this.#srtp.protect(packet, this.#packets));
    this.#packets += 1;
    counted.sent += 1;
  }
}

async function join({ port, keyBase64, audio, video }: PlainSide): Promise<void> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  await new Promise<void>((resolve) => socket.connect(port, '127.0.0.1', resolve));
  socket.on('message', (packet) => {
    if (!isRtcp(packet)) counted.received += 1;
  });
  const srtp = new SrtpSender(Buffer.from(keyBase64, 'base64'));
  streams.push(new Stream(AUDIO, audio, srtp, socket), new Stream(VIDEO, video, srtp, socket));
}

process.on('message', (question: { join: PlainSide[] } | { count: true }) => {
  if ('count' in question) {
    tell(counted);
    return;
  }
  void Promise.all(question.join.map(join)).then(() => {
    setInterval(() => {
      const now = performance.now();
      for (const stream of streams) stream.tick(now);
    }, TICK_MS);
    tell({ joined: streams.length });
  });
});
tell({ ready: true });
