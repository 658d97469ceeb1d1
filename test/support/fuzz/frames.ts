import { FRAME_MAX } from '#protocol/limits';
import { requests, type Method } from '#protocol/methods';
import { camera, fingerprint, microphone } from '../media.ts';
import type { FuzzClient } from './client.ts';
import { Generator, type Pools } from './generate.ts';
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';

const METHODS = Object.keys(requests) as Method[];

/** What fields hold that only their own syntax allows; ids come from the state of things. */
const FIELDS: Pools = {
  mimeType: ['audio/opus', 'video/VP8', 'video/H264', 'video/rtx', 'audio/PCMU', 'video/AV1'],
  rid: ['r0', 'h', 'low'],
  scalabilityMode: ['L1T3', 'S3T3', 'L3T3_KEY', 'L9T9'],
  value: [Array<string>(32).fill('AB').join(':')],
  from: ['22:00', '00:00'],
  to: ['06:30', '23:59'],
  timeZone: ['UTC', 'Europe/Berlin', 'Asia/Kathmandu'],
  type: ['nack', 'goog-remb', 'transport-cc', 'ccm'],
  search: ['', 'a', 'member', 'ß', '%', '_'],
  note: ['rude', 'x'.repeat(1000), '𝒜', "'; drop table reports; --", '  a\n\tb  '],
  text: ['hello', '<b>bold</b>', 'x'.repeat(4000), '𝒜', "'; drop table messages; --", '  a\n\tb  '],
};

/** Data that fits the schema of its method; for media half of it what a browser would send. */
function validData(method: Method, random: Random, pools: Pools): unknown {
  const schema = requests[method].data;
  const data = new Generator(random, { ...FIELDS, ...pools }).make(schema) as Record<string, unknown>;
  if (random.chance(0.5)) {
    if (method === 'produce') data['rtpParameters'] = data['source'] === 'camera' ? camera() : microphone();
    if (method === 'connectTransport') data['dtlsParameters'] = fingerprint();
  }
  const parsed = schema.safeParse(data);
  if (!parsed.success)
    throw new Error(`the generator misses ${method}: ${parsed.error.message}: ${JSON.stringify(data)}`);
  return data;
}

const HOSTILE_METHODS = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '',
  'Ping',
  'ping ',
  'snapshot',
  'x'.repeat(9000),
  '\u0000',
  'close',
];

/** Frames that are no requests. */
function noRequest(random: Random, id: number): string {
  return random.pick<() => string>([
    () =>
      random.pick([
        'null',
        'true',
        '0',
        '""',
        '[]',
        '{}',
        '',
        ' ',
        'undefined',
        'NaN',
        '{',
        '[',
        '"',
        '\u0000',
        '\ufeffnull',
      ]),
    () => '['.repeat(random.int(1, 30_000)),
    () => `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
    () => `${'{"a":'.repeat(8_000)}1${'}'.repeat(8_000)}`,
    () =>
      JSON.stringify({ request: random.pick([1, 'true', null, [true], {}]), id, method: 'ping', data: {} }),
    () =>
      JSON.stringify({
        request: true,
        id: random.pick(['1', null, 1.5, {}, [1], true, 1e300]),
        method: 'ping',
      }),
    () => JSON.stringify({ request: true, id, method: random.pick([null, 1, ['ping'], { a: 1 }, true]) }),
    () =>
      JSON.stringify({
        response: true,
        id,
        ok: random.chance(0.5),
        data: {},
        errorCode: 1,
        errorReason: 'x',
      }),
    () => JSON.stringify({ notification: true, method: random.pick(METHODS), data: {} }),
    () => JSON.stringify([{ request: true, id, method: 'ping', data: {} }]),
    () => `{"__proto__":{"request":true,"id":${id},"method":"ping"}}`,
    () => JSON.stringify({ request: true, id, method: 'ping', data: {} }).slice(0, -random.int(1, 20)),
    () => random.text(random.int(1, 200)),
  ])();
}

/** A request of exactly so many bytes. */
export function sizedFrame(id: number, bytes: number): string {
  const frame = (pad: string) => JSON.stringify({ request: true, id, method: 'ping', data: { pad } });
  return frame('x'.repeat(bytes - frame('').length));
}

/** What ends a call, or makes all its transports anew, comes rarely, so that most requests find them there. */
const RARE: readonly Method[] = ['endCall', 'decline', 'join'];

/** Sends the next frame, whatever it is. */
export function sendFrame(client: FuzzClient, random: Random, pools: Pools): void {
  const kind = random.next();
  const id = client.nextId() * (random.chance(0.05) ? -1 : 1);
  if (kind < 0.03) {
    if (random.chance(0.1)) client.sendBinary(Buffer.from(random.text(20)));
    else client.send(noRequest(random, id));
    return;
  }
  if (kind < 0.06) {
    client.send(JSON.stringify({ request: true, id, method: random.pick(HOSTILE_METHODS), data: {} }));
    return;
  }
  if (kind < 0.065) {
    client.send(sizedFrame(id, FRAME_MAX - random.int(0, 1)));
    return;
  }
  let method = random.pick(METHODS);
  while (RARE.includes(method) && random.chance(0.9)) method = random.pick(METHODS);
  const valid = validData(method, random, pools);
  const data = kind < 0.55 ? valid : mutate(valid, random);
  const more = random.chance(0.02) ? { extra: 1, ok: true, response: true } : {};
  client.send(JSON.stringify({ ...more, request: true, id, method, ...(data !== undefined && { data }) }));
}
