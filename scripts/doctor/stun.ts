import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

// STUN (RFC 8489) as far as its one question that needs no credentials, and that every relay answers: Binding.

export type Way = 'udp' | 'tcp' | 'tls';
/** `nobody`: nothing listens. `silence`: something does, and says nothing that would be an answer. */
export type Reply = 'answer' | 'silence' | 'nobody';

interface To {
  readonly host: string;
  readonly port: number;
}

interface Ear {
  /** @param bytes a datagram, or all that a stream has brought so far. */
  hear(bytes: Buffer): void;
  /** No more comes. */
  end(error?: Error): void;
}

const REQUEST = 0x0001;
const SUCCESS = 0x0101;
const COOKIE = 0x2112a442;
const TRANSACTION_BYTES = 12;
const HEADER_BYTES = 20;
/** Where the type and the length end, and what an answer repeats begins. */
const REPEATED_FROM = 4;
const SILENT_AFTER_MS = 3_000;
/** Datagrams get lost (RFC 8489, 6.2.1). */
const AGAIN_AFTER_MS = 500;

/**
 * Asks a relay for a sign of life, for three seconds at most: that it takes a connection is none, since the kernel does
 * that for a program that hangs. Any certificate will do.
 */
export async function askRelay(way: Way, to: To): Promise<Reply> {
  const request = bindingRequest();
  const { promise, resolve } = Promise.withResolvers<Reply>();
  const ear: Ear = {
    hear: (bytes) => {
      if (isAnswer(bytes, request)) resolve('answer');
    },
    end: (error) => resolve(isRefusal(error) ? 'nobody' : 'silence'),
  };
  const stop = way === 'udp' ? byDatagrams(to, request, ear) : byStream(way, to, request, ear);
  const late = setTimeout(() => resolve('silence'), SILENT_AFTER_MS);
  try {
    return await promise;
  } finally {
    clearTimeout(late);
    stop();
  }
}

function bindingRequest(): Buffer {
  const head = Buffer.alloc(HEADER_BYTES - TRANSACTION_BYTES);
  head.writeUInt16BE(REQUEST);
  head.writeUInt32BE(COOKIE, REPEATED_FROM);
  return Buffer.concat([head, randomBytes(TRANSACTION_BYTES)]);
}

function isAnswer(bytes: Buffer, request: Buffer): boolean {
  return (
    bytes.length >= HEADER_BYTES &&
    bytes.readUInt16BE() === SUCCESS &&
    bytes.subarray(REPEATED_FROM, HEADER_BYTES).equals(request.subarray(REPEATED_FROM))
  );
}

function isRefusal(error: Error | undefined): boolean {
  return error !== undefined && 'code' in error && error.code === 'ECONNREFUSED';
}

/** Returns what ends it. */
function byDatagrams({ host, port }: To, request: Buffer, ear: Ear): () => void {
  const socket = createSocket('udp4');
  const ask = () => socket.send(request);
  let again: NodeJS.Timeout | undefined;
  socket.on('message', (bytes) => ear.hear(bytes)).on('error', (error) => ear.end(error));
  // Only a connected socket is told that nobody listens.
  socket.connect(port, host, () => {
    ask();
    again = setInterval(ask, AGAIN_AFTER_MS);
  });
  return () => {
    clearInterval(again);
    socket.close();
  };
}

/** Returns what ends it. */
function byStream(way: 'tcp' | 'tls', to: To, request: Buffer, ear: Ear): () => void {
  const socket: Socket = way === 'tcp' ? connectTcp(to) : connectTls({ ...to, rejectUnauthorized: false });
  let heard = Buffer.alloc(0);
  socket
    .on('data', (part: Buffer) => {
      heard = Buffer.concat([heard, part]);
      ear.hear(heard);
    })
    .on('error', (error) => ear.end(error))
    .on('close', () => ear.end());
  socket.write(request);
  return () => socket.destroy();
}
