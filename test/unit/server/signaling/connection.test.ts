import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseFrame } from '../../../../server/signaling/connection.ts';

test('a request is parsed, whatever its data', () => {
  const frame = { request: true, id: 7, method: 'ping', data: { a: [1, null, 'x'] } };
  expect(parseFrame(JSON.stringify(frame))).toEqual(frame);
  expect(parseFrame('{"request":true,"id":0,"method":""}')).toEqual({
    request: true,
    id: 0,
    method: '',
    data: {},
  });
});

test.each([
  'null',
  'undefined',
  '',
  '0',
  '"request"',
  'true',
  '[]',
  '[{"request":true,"id":1,"method":"ping"}]',
  '{',
  '{}',
  '{"request":1,"id":1,"method":"ping"}',
  '{"request":"true","id":1,"method":"ping"}',
  '{"request":true,"id":"1","method":"ping"}',
  '{"request":true,"id":1.5,"method":"ping"}',
  '{"request":true,"id":1e300,"method":"ping"}',
  '{"request":true,"id":null,"method":"ping"}',
  '{"request":true,"id":1}',
  '{"request":true,"id":1,"method":null}',
  '{"request":true,"id":1,"method":["ping"]}',
  '{"response":true,"id":1,"ok":true}',
  '{"notification":true,"method":"ping"}',
  `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
])('%.60s is no request', (text) => expect(parseFrame(text)).toBeUndefined());

test('a prototype that is named in a frame is data, not a prototype', () => {
  const frame = parseFrame('{"request":true,"id":1,"method":"ping","data":{"__proto__":{"polluted":true}}}');
  expect(frame).toBeDefined();
  expect(Object.getPrototypeOf({})).not.toHaveProperty('polluted');
  expect(parseFrame('{"__proto__":{"request":true,"id":1,"method":"ping"}}')).toBeUndefined();
});

/** How long two thousand texts take is up to the machine. */
const PATIENCE_MS = 60_000;

test('no text whatever makes it throw', { timeout: PATIENCE_MS }, () => {
  const text = fc.oneof(fc.string(), fc.json(), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(text, (input) => {
      const frame = parseFrame(input);
      if (frame) expect(Number.isSafeInteger(frame.id)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
