// Plays a recording to the server for many participants at once, and counts what comes back.
import { tell } from './ends-with-parent.ts';
import { createSocket, type Socket } from 'node:dgram';
import { record, type Recorded } from './recording.ts';

const TICK_MS = 4;
/** Participants begin one after another within this time: nor do people's cameras run in step. */
const BEGIN_WITHIN_MS = 1_000;

const counted = { sent: 0, received: 0 };

/** Payload types of RTCP that shares the port (RFC 5761 section 4). */
function isRtcp(packet: Buffer): boolean {
  const type = (packet[1] ?? 0) & 0x7f;
  return type >= 72 && type <= 79;
}

class Participant {
  readonly #socket: Socket;
  readonly #recording: readonly Recorded[];
  readonly #begin = performance.now() + Math.random() * BEGIN_WITHIN_MS;
  #next = 0;

  constructor(socket: Socket, recording: readonly Recorded[]) {
    this.#socket = socket;
    this.#recording = recording;
  }

  /** Sends what is due. */
  tick(now: number): void {
    for (;;) {
      const due = this.#recording[this.#next];
      if (due === undefined || due.at > now - this.#begin) return;
      this.#socket.send(due.packet);
      this.#next += 1;
      counted.sent += 1;
    }
  }
}

async function connect(port: number): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  await new Promise<void>((resolve) => {
    socket.connect(port, '127.0.0.1', resolve);
  });
  socket.on('message', (packet) => {
    if (!isRtcp(packet)) counted.received += 1;
  });
  return socket;
}

async function play(ports: readonly number[], recording: readonly Recorded[]): Promise<void> {
  const sockets = await Promise.all(ports.map(connect));
  const participants = sockets.map((socket) => new Participant(socket, recording));
  setInterval(() => {
    const now = performance.now();
    for (const participant of participants) participant.tick(now);
  }, TICK_MS);
}

export type RtpQuestion = { count: true } | { keyBase64: string; ports: number[]; seconds: number };

process.on('message', (question: RtpQuestion) => {
  if ('count' in question) {
    tell(counted);
    return;
  }
  const { ports, keyBase64, seconds } = question;
  void play(ports, record(keyBase64, seconds)).then(() => tell({}));
});
tell({});
