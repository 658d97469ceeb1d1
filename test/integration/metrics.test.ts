import { requests } from '#protocol/methods';
import { readFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { request, TestAccount } from '../support/account.ts';
import { connectCall, couple, reaches } from '../support/call.ts';
import { raw } from '../support/http.ts';
import { Scrape } from '../support/metrics.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const TOKEN = 'for the eyes of Prometheus';
const DASHBOARD = new URL('../../docs/grafana-dashboard.json', import.meta.url);

let server: TestServer;
let admin: TestAccount;
beforeAll(async () => {
  server = await startServer({ METRICS_TOKEN: TOKEN });
  admin = await TestAccount.signUp(server.url, 'founder');
});
afterAll(() => server.close());

const scrape = () => Scrape.of(server.url, TOKEN);
const HIDDEN = { error: { code: 'not_found', message: 'There is nothing at this address.' } };

describe('only who may reads them', () => {
  test('with the token, or as an admin', async () => {
    const answer = await raw(server.url, '/metrics', { headers: { authorization: `Bearer ${TOKEN}` } });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    expect((await admin.request('GET', '/metrics')).status).toBe(200);
  });

  test('for all others there is nothing', async () => {
    const member = await TestAccount.signUp(server.url, 'member');
    const strangers = await Promise.all([
      member.request('GET', '/metrics'),
      request(server.url, 'GET', '/metrics'),
      request(server.url, 'GET', '/metrics', { headers: { authorization: `Bearer ${TOKEN}!` } }),
      request(server.url, 'GET', '/metrics', { headers: { authorization: TOKEN } }),
      request(server.url, 'GET', `/metrics?token=${encodeURIComponent(TOKEN)}`),
      admin.request('POST', '/metrics', {}),
    ]);
    for (const answer of strangers) {
      expect(answer.status).toBe(404);
      expect(await answer.json()).toEqual(HIDDEN);
    }
  });

  test('without a token in the settings none is right', async () => {
    await using plain = await startServer();
    const first = await TestAccount.signUp(plain.url, 'first');
    expect((await first.request('GET', '/metrics')).status).toBe(200);
    for (const authorization of ['Bearer ', 'Bearer undefined']) {
      expect((await request(plain.url, 'GET', '/metrics', { headers: { authorization } })).status).toBe(404);
    }
  });
});

test('what people do is counted, and nothing names them', async () => {
  const before = await scrape();
  using pair = await couple(server.url);
  const { a, b, ann, ben, conversationId } = pair;
  const grown = async (name: string, labels?: Record<string, string>) =>
    ((await scrape()).value(name, labels) ?? 0) - (before.value(name, labels) ?? 0);

  await a.request('sendMessage', { conversationId, id: randomUUID(), text: 'a secret' });
  expect(await grown('chataway_messages_total')).toBe(1);
  expect(await grown('chataway_sockets')).toBe(2);
  expect(await grown('chataway_people_online')).toBe(2);
  expect(await grown('chataway_sockets_opened_total')).toBe(2);

  const callId = await connectCall(pair);
  expect(await grown('chataway_calls_live', { state: 'connecting' })).toBe(1);
  expect(await grown('chataway_call_alert_seconds_count')).toBe(1);
  await a.request('endCall', { callId });
  await reaches(b, callId, 'ended');
  expect(await grown('chataway_calls_live')).toBe(0);
  expect(await grown('chataway_calls_total', { outcome: 'hung_up', kind: 'video' })).toBe(1);
  expect(await grown('chataway_call_duration_seconds_count')).toBe(1);

  const nobody = { conversationId: randomUUID(), id: randomUUID(), text: 'hello' };
  await expect(a.request('sendMessage', nobody)).rejects.toThrow('not_found');
  await expect(a.request(`made-up-${ann.id}` as 'ping', {})).rejects.toThrow('unknown_method');
  expect(await grown('chataway_socket_requests_total', { method: 'sendMessage', code: 'ok' })).toBe(1);
  expect(await grown('chataway_socket_requests_total', { method: 'sendMessage', code: 'not_found' })).toBe(1);
  expect(await grown('chataway_socket_requests_total', { method: 'unknown' })).toBe(1);
  expect(await grown('chataway_errors_total', { channel: 'socket', code: 'not_found' })).toBe(1);

  await ben.request('DELETE', `/api/sessions/${randomUUID()}`);
  await ben.request('GET', `/elsewhere-${ben.id}.txt`);
  await raw(server.url, '/api/session', { method: `MADEUP${ben.id.slice(0, 4)}` }).catch(() => undefined);
  await raw(server.url, '/', { method: 'PROPFIND' });
  const now = await scrape();
  expect(now.value('chataway_http_request_duration_seconds_count', { route: '/api/sessions/:id' })).toBe(1);
  expect(now.value('chataway_http_request_duration_seconds_count', { method: 'other' })).toBe(1);
  expect(now.valuesOf('method')).toEqual(
    new Set(
      [...now.valuesOf('method')].filter((one) => one in requests || /^(unknown|other|[A-Z]+)$/.test(one)),
    ),
  );
  for (const { id, self } of [ann, ben]) {
    expect(now.text).not.toContain(id);
    expect(now.text).not.toContain(self.username);
  }
  expect(now.text).not.toContain(callId);
});

test('workers, their deaths, and the database are seen', async () => {
  const before = await scrape();
  expect(before.value('chataway_media_workers')).toBe(1);
  expect(before.value('chataway_media_workers_wanted')).toBe(1);
  expect(before.value('chataway_media_worker_cpu_seconds_total', { worker: '0' })).toBeGreaterThan(0);
  expect(before.value('chataway_media_rooms', { worker: '0' })).toBe(0);
  expect(before.value('chataway_database_size_bytes')).toBeGreaterThan(0);
  process.kill(server.media.pids[0] ?? 0, 'SIGKILL');
  await until('the worker to be replaced', async () => {
    const now = await scrape();
    return now.value('chataway_media_workers') === 1 && now.value('chataway_media_worker_deaths_total') === 1;
  });
});

test('every name that the dashboard asks for is there', async () => {
  const dashboard = await readFile(DASHBOARD, 'utf8');
  const expressions = [...dashboard.matchAll(/"expr": "((?:[^"\\]|\\.)*)"/g)].map(([, text]) => text ?? '');
  const asked = expressions.flatMap((text) => text.match(/\b(?:chataway|process|nodejs)_[a-z0-9_]+/g) ?? []);
  expect(asked.length).toBeGreaterThan(20);
  // A histogram that has seen nothing has no sample yet, but its name stands there.
  const { text } = await scrape();
  const declared = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]),
  );
  const missing = asked.filter((name) => {
    const base = name.replace(/_(bucket|sum|count)$/, '');
    return !declared.has(name) && declared.get(base) !== 'histogram';
  });
  expect(missing).toEqual([]);
  // And nothing is measured that the dashboard does not show.
  const ours = [...declared.keys()].filter((name) => name?.startsWith('chataway_'));
  expect(ours.filter((name) => !dashboard.includes(name ?? ''))).toEqual([]);
});
