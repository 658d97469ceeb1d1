import { expect, test } from 'vitest';
import { request, TestAccount } from '../support/account.ts';
import { temporaryFolder } from '../support/folder.ts';
import { ServerProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

const REPORT = {
  name: 'TypeError',
  message: 'Promise.withResolvers is not a function',
  stack: 'at call.js:1:2',
};

const logged = (server: ServerProcess) =>
  server.output
    .split('\n')
    .filter((line) => line.startsWith('{') && line.includes('pageError'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('an exception that pages report is in the log once, with who and where', async () => {
  await using folder = await temporaryFolder();
  await using server = await ServerProcess.start(folder.path, { RATE_LIMIT_FACTOR: '1' });
  const { url } = server;
  const report = (body: object, cookie?: string) =>
    request(url, 'POST', '/api/page-errors', { body, ...(cookie && { cookie }) });
  const ann = await TestAccount.signUp(url, 'ann');

  expect((await report(REPORT, ann.cookie)).status).toBe(204);
  expect((await report(REPORT)).status).toBe(204);
  expect((await report({ ...REPORT, message: 'another' })).status).toBe(204);
  await until('both to be in the log', () => logged(server).length === 2);
  expect(logged(server)).toMatchObject([
    { level: 50, accountId: ann.id, pageError: REPORT },
    { level: 50, pageError: { message: 'another' } },
  ]);

  expect((await report({ ...REPORT, stack: 'x'.repeat(4_001) })).status).toBe(400);
  expect((await report({ ...REPORT, secret: 'x' })).status).toBe(400);
});

test('what one network reports is bounded', async () => {
  await using folder = await temporaryFolder();
  await using server = await ServerProcess.start(folder.path, { RATE_LIMIT_FACTOR: '1' });
  const statuses: number[] = [];
  for (let number = 0; number < 22; number++) {
    const body = { ...REPORT, message: String(number) };
    const answer = await request(server.url, 'POST', '/api/page-errors', { body });
    statuses.push(answer.status);
    if (answer.status === 429) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  expect(statuses.filter((status) => status === 204)).toHaveLength(20);
  await until('all to be in the log', () => logged(server).length === 20);
});
