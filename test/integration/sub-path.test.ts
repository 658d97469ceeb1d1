import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { request, TestAccount } from '../support/account.ts';
import { operatorDoor } from '../support/admin.ts';
import type { TestConnection } from '../support/connection.ts';
import { freePort } from '../support/free-port.ts';
import { jsonFrom, raw, UPGRADE_HEADERS } from '../support/http.ts';
import { describeNginx, locationFor, startNginx } from '../support/nginx.ts';
import { startServer } from '../support/server.ts';

/** Everything that the page names, as a browser at this address asks for it. */
async function filesOf(page: string): Promise<string[]> {
  const html = await (await fetch(page)).text();
  const base = new URL(/<base href="([^"]+)"/.exec(html)?.[1] ?? '', page);
  return [...html.matchAll(/<(?:script|link)[^>]+(?:src|href)="([^"]+)"/g)].map(
    ([, address = '']) => new URL(address, base).href,
  );
}

const sees = (connection: TestConnection, account: TestAccount, presence: string) =>
  connection.next('personChanged', ({ person }) => person.id === account.id && person.presence === presence);

describeNginx('behind nginx, below a path', () => {
  test.each([
    ['passes the path on', ''],
    ['takes the path off', '/'],
  ])('which %s, people are invited, sign up, see each other and chat', async (_, end) => {
    const PORT = String(await freePort());
    await using nginx = await startNginx({
      locations: [locationFor('/chat/', `http://127.0.0.1:${PORT}${end}`)],
    });
    const url = `${nginx.url}/chat`;
    await using server = await startServer({
      PORT,
      PUBLIC_URL: `${url}/`,
      REGISTRATION: 'invitation',
      TRUSTED_PROXIES: '127.0.0.1',
    });

    expect((await fetch(url)).url).toBe(`${url}/`);
    const files = await filesOf(`${url}/`);
    expect(files.length).toBeGreaterThanOrEqual(3);
    for (const file of files) {
      expect(file).toMatch(new RegExp(`^${url}/`));
      expect((await fetch(file)).status).toBe(200);
    }
    for (const path of ['/assets/none.js', '/api/none', '/ws']) {
      const answer = await fetch(url + path);
      expect([answer.status, await answer.json()]).toMatchObject([404, { error: { code: 'not_found' } }]);
    }

    const signUp = async (username: string): Promise<TestAccount> => {
      const { token } = await operatorDoor(server.dataDir).ask('createInvitation', { days: 1 });
      const email = `${username}@example.org`;
      const password = 'a quiet blue harbour';
      const body = { username, email, password, passwordRepeat: password, invitation: token };
      const answer = await request(url, 'POST', '/api/account', { body });
      expect(answer.status).toBe(201);
      const lines = answer.headers.getSetCookie();
      expect(lines.map((line) => line.split('=')[0]).toSorted()).toEqual([
        'chataway+chat',
        'chataway+chat.sig',
        'chataway-device+chat',
      ]);
      for (const line of lines) expect(line).toMatch(/; path=\/chat\/;/);
      return TestAccount.signIn(url, username, password);
    };
    const ann = await signUp('ann');
    const ben = await signUp('ben');
    using a = await ann.connect();
    using b = await ben.connect();
    await sees(a, ben, 'online');
    const { conversation } = await a.request('openConversation', { accountId: ben.id });
    await a.request('sendMessage', {
      conversationId: conversation.id,
      id: crypto.randomUUID(),
      text: 'Below a path',
    });
    expect(await b.next('message')).toMatchObject({ message: { text: 'Below a path' } });
    b.close();
    await sees(a, ben, 'offline');

    const headers = { origin: 'https://evil.example', cookie: ann.cookie };
    expect((await fetch(`${url}/api/session`, { method: 'DELETE', headers })).status).toBe(403);
    expect((await ann.request('DELETE', '/api/session')).status).toBe(204);
    expect(await (await ann.request('GET', '/api/session')).json()).toMatchObject({ account: null });
  });
});

test('below a path the server answers with the path and without it, and leads to its slash', async () => {
  await using server = await startServer({ PUBLIC_URL: 'https://example.org/team/chat' });
  const get = (path: string) => raw(server.url, path);
  const page = await get('/');
  expect(page.text).toContain('<base href="/team/chat/" />');
  for (const path of ['/team/chat/', '/team/chat/people/ben', '/people/ben', '/team/chat/index.html']) {
    expect((await get(path)).text).toBe(page.text);
  }
  for (const encoding of ['br', 'gzip', 'identity']) {
    const answer = await fetch(`${server.url}/team/chat/`, { headers: { 'accept-encoding': encoding } });
    expect(answer.headers.get('content-encoding') ?? 'identity').toBe(encoding);
    expect(await answer.text()).toBe(page.text);
  }

  for (const path of ['/healthz', '/readyz', '/api/session']) {
    for (const address of [path, `/team/chat${path}`]) expect((await get(address)).status).toBe(200);
  }

  const redirect = await get('/team/chat?a=1');
  expect([redirect.status, redirect.headers.location]).toEqual([302, '/team/chat/?a=1']);
  // Its neighbours are none of them.
  for (const path of ['/team/chatter', '/team', '/team/']) expect((await get(path)).text).toBe(page.text);
  expect(
    (await raw(server.url, '/team/chat', { method: 'POST', headers: jsonFrom('https://example.org') }))
      .status,
  ).toBe(404);

  // The target of a request may be a whole address.
  const socket = connect(server.port, 'localhost');
  socket.end(
    'GET http://localhost/team/chat/api/session HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  );
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 [^]*"account":null/);

  const headers = { ...UPGRADE_HEADERS, origin: 'https://example.org' };
  for (const path of ['/ws', '/team/chat/ws']) {
    expect((await raw(server.url, path, { headers })).text).toContain('"not_signed_in"');
  }
  expect((await raw(server.url, '/team/ws', { headers })).text).toContain('"not_found"');
});

test('below a path of a host that speaks HTTPS, cookies are Secure, and the rest of the host is left alone', async () => {
  await using server = await startServer({ PUBLIC_URL: 'https://example.org/chat/' });
  const password = 'a quiet blue harbour';
  const body = { username: 'ann', email: 'ann@example.org', password, passwordRepeat: password };
  const { status, headers } = await raw(server.url, '/chat/api/account', {
    method: 'POST',
    headers: jsonFrom('https://example.org/chat/'),
    body: JSON.stringify(body),
  });
  expect(status).toBe(201);
  expect(headers).not.toHaveProperty('strict-transport-security');
  const lines = headers['set-cookie'] ?? [];
  expect(lines.map((line) => line.split('=')[0]).toSorted()).toEqual([
    '__Secure-chataway+chat',
    '__Secure-chataway+chat.sig',
    '__Secure-chataway-device+chat',
  ]);
  for (const line of lines) expect(line).toMatch(/; path=\/chat\/;.*; samesite=lax; secure; httponly$/i);

  // Signing out has the browser drop the same cookie.
  const cookie = lines.map((line) => line.split(';')[0]).join('; ');
  const out = await raw(server.url, '/api/session', {
    method: 'DELETE',
    headers: { ...jsonFrom('https://example.org'), cookie },
  });
  expect(out.status).toBe(204);
  expect(out.headers['set-cookie']).toContainEqual(
    expect.stringMatching(/^__Secure-chataway\+chat=; path=\/chat\/; expires=/),
  );
});
