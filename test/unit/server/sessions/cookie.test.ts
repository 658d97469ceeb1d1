import { expect, test } from 'vitest';
import { BasePath } from '../../../../server/base-path.ts';
import { CookieScope } from '../../../../server/sessions/cookie.ts';

test.each([
  ['', true, '__Host-chataway', '/'],
  ['', false, 'chataway', '/'],
  ['/chat', true, '__Secure-chataway+chat', '/chat/'],
  ['/chat', false, 'chataway+chat', '/chat/'],
  ['/team/chat', true, '__Secure-chataway+team+chat', '/team/chat/'],
])('below "%s", secure %s, the cookie is %s at %s', (path, secure, name, at) => {
  const scope = new CookieScope({ secure, basePath: new BasePath(path) });
  expect(scope.nameOf('chataway')).toBe(name);
  expect(scope.attributes).toEqual({ secure, path: at });
});
