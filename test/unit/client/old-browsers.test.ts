import { afterEach, beforeEach, expect, test } from 'vitest';
import { deferred } from '../../../client/lib/deferred.ts';
import { linkPieces } from '../../../client/lib/links.ts';
import { sendable } from '../../../client/lib/text.ts';

/** What Chrome 110, Firefox 120 or Safari 16.4 lack, and the client once used. */
const MISSING = [
  [Promise, 'withResolvers'],
  [String.prototype, 'toWellFormed'],
  [URL, 'canParse'],
] as const;

const kept = MISSING.map(([owner, name]) => Object.getOwnPropertyDescriptor(owner, name));

beforeEach(() => {
  for (const [owner, name] of MISSING) Reflect.deleteProperty(owner, name);
});
afterEach(() => {
  for (const [index, [owner, name]] of MISSING.entries()) {
    const before = kept[index];
    if (before) Object.defineProperty(owner, name, before);
  }
});

test('a text with half a character can be sent', () => {
  expect(sendable('a\ud83d b')).toBe('a\ufffd b');
  expect(sendable('\ude00')).toBe('\ufffd');
  expect(sendable('😀')).toBe('😀');
});

test('links are found', () => {
  expect(linkPieces('see https://example.org/x').at(-1)?.href).toBe('https://example.org/x');
  expect(linkPieces('see http://[2001:db8::1]/x').at(-1)?.href).toBe('http://[2001:db8::1]/x');
});

test('a deferred promise is settled from outside', async () => {
  const good = deferred<number>();
  good.resolve(1);
  await expect(good.promise).resolves.toBe(1);
  const bad = deferred<number>();
  bad.reject(new Error('no'));
  await expect(bad.promise).rejects.toThrow('no');
});
