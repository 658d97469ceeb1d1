import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${server.url}${path}`, { headers });

/** The scripts that the page itself asks for. */
async function scripts(): Promise<string[]> {
  const page = await (await get('/')).text();
  return [...page.matchAll(/<script[^>]+src="([^"]+)"/g)].map(
    ([, address = '']) => new URL(address, server.url).pathname,
  );
}

test('the page stands at its address and behind deeper ones, and is always asked for anew', async () => {
  for (const path of ['/', '/people/ben']) {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
  }
});

test('what has a hash in its name is kept for ever, and comes compressed', async () => {
  const script = (await scripts()).find((path) => path.startsWith('/assets/')) ?? '';
  const response = await get(script, { 'accept-encoding': 'br' });
  expect(response.headers.get('cache-control')).toContain('immutable');
  expect(response.headers.get('content-encoding')).toBe('br');
});

test('a missing file and a missing interface are told as such, in the one shape of errors', async () => {
  for (const path of [
    '/assets/none.js',
    '/assets/none',
    '/assets/',
    '/none.js',
    '/.env',
    '/.git/config',
    '/.well-known/change-password',
    '/ws',
    '/api/none',
    '/api/session/none',
  ]) {
    const response = await get(path);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: 'not_found' } });
  }
});

test('nothing is loaded from elsewhere', async () => {
  const page = await (await get('/')).text();
  expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
});
