import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { PASSWORD, TestAccount } from '../support/account.ts';
import { connectCall, couple } from '../support/call.ts';
import { makeCertificate } from '../support/certificate.ts';
import { temporaryFolder } from '../support/folder.ts';
import { begin, jsonFrom, raw, UPGRADE_HEADERS, type RawAnswer } from '../support/http.ts';
import { ServerProcess } from '../support/process.ts';
import { startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

/** A request whose body is still to come holds the server open; `finish` sends it. */
async function hold(url: string): Promise<{ answer: Promise<RawAnswer>; finish: () => void }> {
  const body = JSON.stringify({ username: 'holder', password: PASSWORD });
  const headers = { ...jsonFrom(url), 'content-length': String(body.length), expect: '100-continue' };
  const { request, answer } = begin(url, '/api/session', { method: 'POST', headers });
  answer.catch(() => undefined);
  const taken = new Promise((resolve) => request.once('continue', resolve));
  request.flushHeaders();
  await taken;
  return { answer, finish: () => request.end(body) };
}

test('what is under way is finished, nothing new begins, and everyone is told before they go', async () => {
  await using server = await startServer();
  await TestAccount.signUp(server.url, 'holder');
  using talking = await couple(server.url);
  using waiting = await couple(server.url);
  const callId = await connectCall(talking);
  const { a, ann, conversationId } = waiting;
  const held = await hold(server.url);

  const closed = server.close();
  await Promise.all([a, talking.a, talking.b].map((one) => one.next('restarting')));
  const invitation = { callId: randomUUID(), conversationId, kind: 'video' as const };
  await expect(a.request('invite', invitation)).rejects.toThrow(
    'restarting: The server is restarting; try again in a moment.',
  );
  const sent = await a.request('sendMessage', { conversationId, id: randomUUID(), text: 'one more' });
  expect(sent.seq).toBe(1);
  expect(talking.a.all('call').some(({ call }) => call.id === callId && call.state === 'ended')).toBe(false);

  const ready = await raw(server.url, '/readyz');
  expect([ready.status, JSON.parse(ready.text)]).toEqual([
    503,
    { status: 'unavailable', reason: 'restarting' },
  ]);
  expect((await raw(server.url, '/healthz')).status).toBe(200);
  const refused = await raw(server.url, '/api/session');
  expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '2', connection: 'close' } });
  const seat = `/ws?device=${randomUUID()}&tab=${randomUUID()}`;
  const headers = { ...UPGRADE_HEADERS, origin: server.url, cookie: ann.cookie };
  expect((await raw(server.url, seat, { headers })).status).toBe(503);

  held.finish();
  expect(await held.answer).toMatchObject({ status: 200 });
  const connections = [a, waiting.b, talking.a, talking.b];
  expect(await Promise.all(connections.map((one) => one.closed()))).toEqual([1012, 1012, 1012, 1012]);
  await closed;
});

test('over TLS, too, clients hear that they are to come back', async () => {
  await using folder = await temporaryFolder();
  const { certFile, keyFile, cert: ca } = makeCertificate(folder.path);
  await using server = await startServer({ TLS_CERT: certFile, TLS_KEY: keyFile });
  const form = { username: 'ann', email: 'ann@example.org', password: PASSWORD, passwordRepeat: PASSWORD };
  const { headers: answered } = await raw(server.url, '/api/account', {
    method: 'POST',
    headers: jsonFrom(server.url),
    body: JSON.stringify(form),
    ca,
  });
  const cookie = (answered['set-cookie'] ?? []).map((line) => line.split(';')[0]).join('; ');
  const address = `${server.url.replace('https', 'wss')}/ws?device=${randomUUID()}&tab=${randomUUID()}`;
  const socket = new WebSocket(address, 'protoo', { ca, headers: { cookie, origin: server.url } });
  await new Promise((resolve, reject) => socket.once('message', resolve).once('error', reject));
  const code = new Promise((resolve) => socket.once('close', resolve));
  await server.close();
  expect(await code).toBe(1012);
});

test('a request that never ends does not hold the server', async () => {
  await using server = await startServer();
  const { answer } = await hold(server.url);
  // In this process nothing else would end it, as its last resort would a process of its own.
  await server.close();
  await expect(answer).rejects.toThrow();
});

test('a second signal ends it at once', async () => {
  await using folder = await temporaryFolder();
  await using server = await ServerProcess.start(folder.path);
  await hold(server.url);
  server.signal('SIGTERM');
  await until('the process to end', () => {
    server.signal('SIGTERM');
    return server.exitCode !== null;
  });
  expect(server.exitCode).toBe(1);
});
