import { afterEach, expect, test, vi } from 'vitest';
import { addressOf, basePath } from '../../../client/lib/base-path.ts';
import { save } from '../../../client/lib/storage.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

test.each([
  ['https://call.example.org/', '/', 'chataway:key'],
  ['https://example.org/chat/', '/chat/', 'chataway/chat/:key'],
  ['https://example.org/team/chat/', '/team/chat/', 'chataway/team/chat/:key'],
])('a page with the base %s asks below it, and keeps what it stores apart', (baseURI, path, key) => {
  vi.stubGlobal('document', { baseURI });
  const kept = new Map<string, string>();
  vi.stubGlobal('localStorage', { setItem: kept.set.bind(kept) });
  expect(basePath()).toBe(path);
  expect(addressOf('/api/session').href).toBe(`${baseURI}api/session`);
  expect(addressOf('/#/sign-up/token').href).toBe(`${baseURI}#/sign-up/token`);
  save('key', 1);
  expect([...kept.keys()]).toEqual([key]);
});
