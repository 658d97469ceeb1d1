import { SrtpSender } from './srtp.ts';

/** An encrypted RTP packet, and when it is due, in milliseconds from the start. */
export interface Recorded {
  readonly at: number;
  readonly packet: Buffer;
}

/** How a stream is told from others of its participant. */
export interface StreamId {
  readonly ssrc: number;
  readonly payloadType: number;
}

export const AUDIO: StreamId = { ssrc: 1, payloadType: 100 };
export const VIDEO: StreamId = { ssrc: 2, payloadType: 101 };

interface Pace {
  readonly everyMs: number;
  readonly packets: number;
  readonly bytes: number;
  /** Ticks of the RTP clock in a millisecond. */
  readonly clock: number;
}

/** About 1 Mbit/s: a packet of voice every 20 ms, and 30 frames of 4 packets a second. */
const VOICE_PACE: Pace = { everyMs: 20, packets: 1, bytes: 80, clock: 48 };
const PICTURE_PACE: Pace = { everyMs: 1000 / 30, packets: 4, bytes: 1030, clock: 90 };
const KEY_FRAME_EVERY = 90;
const HEADER_BYTES = 12;

/**
 * One participant's voice and picture for some seconds, in the order of sending. Everyone may play the same
 * recording, because keys and SSRCs belong to a transport: the generator's own work is then only sending.
 */
export function record(keyBase64: string, seconds: number): Recorded[] {
  const srtp = new SrtpSender(Buffer.from(keyBase64, 'base64'));
  return [
    ...recordStream(srtp, AUDIO, VOICE_PACE, seconds),
    ...recordStream(srtp, VIDEO, PICTURE_PACE, seconds),
  ].sort((a, b) => a.at - b.at);
}

function recordStream(srtp: SrtpSender, stream: StreamId, pace: Pace, seconds: number): Recorded[] {
  const { everyMs, packets, bytes, clock } = pace;
  return Array.from({ length: Math.floor((seconds * 1000) / everyMs) * packets }, (_, index) => {
    const unit = Math.floor(index / packets);
    const first = index % packets === 0;
    const last = index % packets === packets - 1;
    const packet = Buffer.alloc(HEADER_BYTES + bytes);
    packet[0] = 0x80;
    packet[1] = stream.payloadType | (last ? 0x80 : 0);
    packet.writeUInt16BE(index & 0xffff, 2);
    packet.writeUInt32BE(Math.round(unit * everyMs * clock), 4);
    packet.writeUInt32BE(stream.ssrc, 8);
    // RFC 7741: S in the descriptor, and a frame header whose lowest bit is 0 for a key frame. It is all
    // that the server reads of the content.
    packet[HEADER_BYTES] = first ? 0x10 : 0;
    packet[HEADER_BYTES + 1] = unit % KEY_FRAME_EVERY === 0 ? 0 : 1;
    return { at: unit * everyMs, packet: srtp.protect(packet, index) };
  });
}
