import { execFile } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ROOT } from '../../scripts/support/paths.ts';
import { makeCertificate } from '../support/certificate.ts';
import { temporaryFolder } from '../support/folder.ts';
import { freePort } from '../support/free-port.ts';
import { ServerProcess } from '../support/process.ts';
import { startServer } from '../support/server.ts';
import { relaysOf, testTurn, turnEnvironment } from '../support/turn-stage.ts';
import { until } from '../support/until.ts';

const exec = promisify(execFile);

/** What "npm run doctor" prints with these settings, and its exit code. */
async function doctor(settings: Record<string, string>): Promise<{ code: number; text: string }> {
  const env = { ...process.env, ...settings };
  try {
    const { stdout } = await exec(process.execPath, [join(ROOT, 'scripts/doctor/main.ts')], { env });
    return { code: 0, text: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, text: stdout + stderr };
  }
}

test('where all is well it says so, while the server runs', async () => {
  await using folder = await temporaryFolder();
  const settings = {
    PORT: String(await freePort()),
    MEDIA_PORT: String(await freePort()),
    MEDIA_WORKERS: '1',
    DATA_DIR: folder.path,
    BACKUP_DIR: join(folder.path, 'elsewhere'),
  };
  await using server = await ServerProcess.start(folder.path, settings);
  const { code, text } = await doctor({ ...settings, PUBLIC_URL: server.url });
  expect(text).toContain(`ok    page: ChatAway answers at ${server.url}.`);
  expect(text).toContain(`ok    media ports: ${settings.MEDIA_PORT}, UDP and TCP, are in use`);
  for (const at of [settings.DATA_DIR, settings.BACKUP_DIR]) {
    expect(text).toMatch(new RegExp(` disk: .*\\d MiB are left for ${at}\\.`));
  }
  expect(text).toMatch(/ok {4}media worker: .* runs here/);
  expect(text).toContain('Nothing to mend on this side.');
  expect(code).toBe(0);
});

test('below a path it asks there, and says where the page that runs belongs elsewhere', async () => {
  await using folder = await temporaryFolder();
  const PORT = String(await freePort());
  const settings = { PORT, MEDIA_PORT: '0', MEDIA_WORKERS: '1', DATA_DIR: folder.path };
  const url = `http://localhost:${PORT}`;
  const words = async (PUBLIC_URL: string) => (await doctor({ ...settings, PUBLIC_URL })).text;
  await using server = await startServer({ ...settings, PUBLIC_URL: `${url}/chat/` });
  expect(await words(`${url}/chat/`)).toContain(`ok    page: ChatAway answers at ${url}/chat.`);
  expect(await words(url)).toContain(
    `FAIL  page: the page at ${url} looks for its files below /chat/: start ChatAway with this PUBLIC_URL, too.`,
  );
  expect(await words(`${server.url}/elsewhere`)).toContain(`FAIL  page: ${url}/elsewhere answers with 200,`);
});

testTurn('the relay is asked by each way, and one that hangs is found', { timeout: 60_000 }, async () => {
  await using folder = await temporaryFolder();
  const { environment, port } = await turnEnvironment(folder.path);
  const PORT = await freePort();
  const settings = { ...environment, PORT: String(PORT), MEDIA_PORT: '0', DATA_DIR: folder.path };
  const ways = [`by UDP on port ${port}`, `by TCP on port ${port}`, `by TLS on port ${PORT}`];
  /** What it says of each way. */
  const words = async () => {
    const { text } = await doctor(settings);
    return ways.map((way) => text.split('\n').find((line) => line.includes(way)));
  };
  const answers = ways.map((way) => `ok    relay: it answers ${way}.`);
  expect(await words()).toEqual(
    ways.map(
      (way) =>
        `look  relay: nothing listens ${way}: ChatAway does not run, or its log tells why its relay does not.`,
    ),
  );

  await using running = new AsyncDisposableStack();
  running.use(await ServerProcess.start(folder.path, settings));
  expect(await words()).toEqual(answers);
  const relays = await relaysOf(folder.path);
  for (const pid of relays) process.kill(pid, 'SIGSTOP');
  try {
    expect(await words()).toEqual(
      ways.map(
        (way) =>
          `FAIL  relay: something listens ${way}, and no relay answers: end turnserver (kill -9), and ChatAway starts another; or stop the other program that has the port.`,
      ),
    );
  } finally {
    // What is stopped does not end with the server.
    for (const pid of relays) process.kill(pid, 'SIGKILL');
  }
  await until(
    'another relay',
    async () => (await words()).every((line, way) => line === answers[way]),
    30_000,
  );
});

test('each fault has its sentence', async () => {
  await using folder = await temporaryFolder();
  const { certFile, keyFile } = makeCertificate(folder.path);
  const file = join(folder.path, 'a-file');
  writeFileSync(file, '');
  const { code, text } = await doctor({
    PORT: String(await freePort()),
    MEDIA_PORT: String(await freePort()),
    DATA_DIR: join(file, 'data'),
    BACKUP_DIR: join(file, 'backups'),
    PUBLIC_URL: 'https://nobody.invalid',
    TLS_CERT: certFile,
    TLS_KEY: keyFile,
    TURN: 'on',
    MEDIA_WORKERS: '1',
    MEDIASOUP_WORKER_BIN: '/bin/false',
  });
  expect(code).toBe(1);
  expect(text).toContain('FAIL  name: nobody.invalid does not resolve: add an A or AAAA record');
  expect(text).toContain('look  page: nothing listens on port');
  expect(text).toContain('look  page: https://nobody.invalid does not answer from here');
  expect(text).toContain('FAIL  certificate: it is not for nobody.invalid');
  for (const [setting, name] of Object.entries({ DATA_DIR: 'data', BACKUP_DIR: 'backups' })) {
    expect(text).toMatch(
      new RegExp(`FAIL  disk: ${join(file, name)} cannot be used .*: set ${setting} to a folder`),
    );
  }
  expect(text).toContain('FAIL  media worker: /bin/false does not run here');
  expect(text).toContain('5 of ');
});

test.each([
  ['yes', 'ok    clock: [^ ]+Z, kept right'],
  ['no', 'look  clock: [^ ]+Z, and not kept right over the network: turn NTP on'],
  // As in a container, where it can do nothing about it.
  [undefined, 'ok    clock: [^ ]+Z: compare it with yours'],
])('of the clock it tells what the machine knows: %s', async (told, words) => {
  await using folder = await temporaryFolder();
  if (told !== undefined) {
    writeFileSync(join(folder.path, 'timedatectl'), `#!/bin/sh\necho ${told}\n`, { mode: 0o755 });
  }
  const { text } = await doctor({ DATA_DIR: folder.path, PATH: folder.path });
  expect(text).toMatch(new RegExp(words));
});

test('it changes nothing: what is missing is not made', async () => {
  await using folder = await temporaryFolder();
  const DATA_DIR = join(folder.path, 'data');
  const { text } = await doctor({ DATA_DIR, BACKUP_DIR: join(folder.path, 'backups') });
  expect(text).toContain(`MiB are left for ${DATA_DIR}.`);
  expect(readdirSync(folder.path)).toEqual([]);
});

test('a wrong setting is told by its name', async () => {
  expect(await doctor({ MEDIA_PORT: 'many' })).toEqual({
    code: 1,
    text: expect.stringContaining('FAIL  settings: MEDIA_PORT must be a whole number') as string,
  });
});
