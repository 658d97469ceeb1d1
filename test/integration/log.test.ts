import type { ErrorBody } from '#protocol/errors';
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { openDatabase } from '../../server/db/database.ts';
import { createLogger } from '../../server/logger.ts';
import { cookieOf, request, TestAccount } from '../support/account.ts';
import { connectCall, type Couple } from '../support/call.ts';
import { temporaryFolder } from '../support/folder.ts';
import { freePort } from '../support/free-port.ts';
import { raw } from '../support/http.ts';
import { joinMedia } from '../support/media.ts';
import { ServerProcess } from '../support/process.ts';
import { describeTurn } from '../support/turn-stage.ts';
import { until } from '../support/until.ts';

const METRICS_TOKEN = 'for the eyes of Prometheus';
const TURN_SECRET = randomUUID().repeat(2);

interface Line {
  msg: string;
  level: number;
  requestId?: string;
  [key: string]: unknown;
}

/** The log's lines; the one for people is none. */
const linesOf = (server: ServerProcess): Line[] =>
  server.output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);

describeTurn('the log', () => {
  test('has a line for each thing that happens, with ids, and no secret at any level', async () => {
    await using folder = await temporaryFolder();
    await using server = await ServerProcess.start(folder.path, {
      LOG_LEVEL: 'trace',
      TURN: 'on',
      TURN_PORT: String(await freePort()),
      TURN_SECRET,
      METRICS_TOKEN,
    });
    const { url } = server;
    const secrets = new Set([METRICS_TOKEN, TURN_SECRET]);
    const secret = (text: string) => {
      secrets.add(text);
      return text;
    };
    const keep = (cookie: string) => {
      for (const pair of cookie.split('; ')) secret(pair.slice(pair.indexOf('=') + 1));
      return cookie;
    };

    const enter = async (username: string, password: string) => {
      const form = { username, email: `${username}@example.org`, password, passwordRepeat: password };
      const answer = await request(url, 'POST', '/api/account', { body: form });
      expect(answer.status).toBe(201);
      keep(cookieOf(answer));
      const account = await TestAccount.signIn(url, username, password);
      keep(account.cookie);
      return account;
    };
    const ann = await enter('ann', secret(`ann's own ${randomUUID()}`));
    const ben = await enter('ben', secret(`ben's own ${randomUUID()}`));
    // A wrong password, one where the name belongs, and one in what is no JSON.
    const wrong = [
      secret(`guess ${randomUUID()}`),
      secret(`slip ${randomUUID()}`),
      secret(`torn ${randomUUID()}`),
    ];
    const [guess = '', slip = '', torn = ''] = wrong;
    for (const form of [
      { username: 'ann', password: guess },
      { username: slip, password: guess },
    ]) {
      const answer = await request(url, 'POST', '/api/session', { body: form });
      expect(answer.status).toBe(401);
    }
    const headers = { origin: url, 'content-type': 'application/json', cookie: ann.cookie };
    const body = `{"username":"ann","password":"${torn}"`;
    expect((await raw(url, '/api/session', { method: 'POST', headers, body })).status).toBe(400);
    await request(url, 'GET', '/metrics', { headers: { authorization: `Bearer ${METRICS_TOKEN}` } });

    const [a, b] = await Promise.all([ann.connect(), ben.connect()]);
    using pair: Couple = {
      ann,
      ben,
      a,
      b,
      conversationId: (await a.request('openConversation', { accountId: ben.id })).conversation.id,
      [Symbol.dispose]() {
        a[Symbol.dispose]();
        b[Symbol.dispose]();
      },
    };
    const { conversationId } = pair;
    const write = (text: string) => a.request('sendMessage', { conversationId, id: randomUUID(), text });
    await write(secret(`a word ${randomUUID()}`));
    a.socket.send(secret(`no frame ${randomUUID()}`));
    const frame = { request: true, id: 'no number', method: secret(`no method ${randomUUID()}`) };
    a.socket.send(JSON.stringify(frame));
    await expect(write('')).rejects.toThrow('invalid');
    const callId = await connectCall(pair);
    const { iceServers } = await joinMedia(a, callId);
    const credentials = iceServers?.servers.map(({ credential }) => credential) ?? [];
    expect(credentials.length).toBeGreaterThan(0);
    for (const credential of credentials) secret(credential);
    await a.request('endCall', { callId });

    // Faults of ours: the statement fails with the values in it.
    const database = await openDatabase(folder.path);
    await database.schema.renameTable('messages', 'elsewhere');
    await expect(write(secret(`a lost word ${randomUUID()}`))).rejects.toThrow('internal');
    await database.schema.renameTable('elsewhere', 'messages');
    await database.schema.renameTable('sessions', 'elsewhere');
    const failed = await ann.request('GET', '/api/sessions');
    await database.schema.renameTable('elsewhere', 'sessions');
    await database.destroy();
    expect(failed.status).toBe(500);
    const { error } = (await failed.json()) as ErrorBody;
    expect(error.requestId).toBe(failed.headers.get('x-request-id'));
    expect((await ann.request('DELETE', '/api/session')).status).toBe(204);
    await server.kill('SIGTERM');
    await until('the last line', () => linesOf(server).some(({ msg }) => msg === 'stopped'));

    const lines = linesOf(server);
    const info = lines.filter(({ level }) => level === 30).map(({ msg }) => msg);
    const count = (message: string) => info.filter((msg) => msg === message).length;
    expect(count('signed up')).toBe(2);
    expect(count('signed in')).toBe(2);
    expect(count('sign-in refused')).toBe(2);
    expect(count('signed out')).toBe(1);
    expect(count('started')).toBe(1);
    expect(count('stopping')).toBe(1);
    expect(
      lines.filter(({ msg, callId: id }) => msg === 'call' && id === callId).map(({ state }) => state),
    ).toEqual(['calling', 'ringing', 'connecting', 'ended']);
    expect(lines.find(({ requestId, level }) => requestId === error.requestId && level === 50)).toMatchObject(
      {
        msg: 'a request failed',
        path: '/api/sessions',
      },
    );
    expect(lines.find(({ level, method }) => level === 50 && method === 'sendMessage')).toMatchObject({
      accountId: ann.id,
      err: { message: expect.stringContaining('no such table') as string },
    });
    for (const text of secrets) expect(server.output).not.toContain(text);
  });
});

test('a client cannot choose the id of its request', async () => {
  await using folder = await temporaryFolder();
  await using server = await ServerProcess.start(folder.path);
  const own = randomUUID();
  const { headers } = await raw(server.url, '/api/session', { headers: { 'x-request-id': own } });
  expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  expect(headers['x-request-id']).not.toBe(own);
});

test('what should never be logged is hidden if it ever is', () => {
  let output = '';
  const logger = createLogger('info', { write: (text) => (output += text) });
  const error = Object.assign(new Error('it failed'), { body: 'the whole body', code: 'E_FAILED' });
  logger.info({ password: 'one', form: { currentPassword: 'two' }, ctx: { headers: { cookie: 'three' } } });
  logger.error({ err: error, message: { text: 'four' } }, 'failed');
  for (const text of ['one', 'two', 'three', 'four']) expect(output).not.toContain(`"${text}"`);
  expect(output).not.toContain('the whole body');
  expect(output).toContain('E_FAILED');
  expect(output.match(/\[hidden\]/g)).toHaveLength(4);
});
