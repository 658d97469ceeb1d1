import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { BasePath } from '../../../server/base-path.ts';

/** The address of a request as the rest of the server sees it. */
function seen(path: string, url: string): string | undefined {
  const request = new IncomingMessage(new Socket());
  request.url = url;
  new BasePath(path).removeFrom(request);
  return request.url;
}

test.each([
  ['/chat/', '/'],
  ['/chat/?a=1', '/?a=1'],
  ['/chat/api/session', '/api/session'],
  ['/chat/ws?device=1&tab=2', '/ws?device=1&tab=2'],
  ['/chat//ws', '//ws'],
  ['/chat/chat/', '/chat/'],
  ['http://example.org/chat/api/session', 'http://example.org/api/session'],
  ['HTTPS://example.org:8443/chat/', 'HTTPS://example.org:8443/'],
])('below /chat, %s is %s', (url, path) => {
  expect(seen('/chat', url)).toBe(path);
});

test.each([
  '/',
  '/api/session',
  '/chat',
  '/chat?a=1',
  '/chatter/',
  '/Chat/',
  '/team/chat/',
  '//chat/',
  '/?/chat/',
  'http://example.org/?/chat/',
  'http://chat/',
  '*',
  '',
])('below /chat, %s is left as it is', (url) => {
  expect(seen('/chat', url)).toBe(url);
});

test('at the root of a host every address is left as it is', () => {
  for (const url of ['/', '/chat/', '//', 'http://example.org/', '*', '']) expect(seen('', url)).toBe(url);
});

test('a point in the path is no more than a point', () => {
  expect(seen('/v1.0', '/v1.0/ws')).toBe('/ws');
  expect(seen('/v1.0', '/v1x0/ws')).toBe('/v1x0/ws');
});
