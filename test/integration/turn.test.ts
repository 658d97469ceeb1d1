import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../scripts/support/run.ts';
import { runFolderOf } from '../../server/reach/relay-home.ts';
import { TestAccount } from '../support/account.ts';
import { connectCall, couple, reaches } from '../support/call.ts';
import { Refused, type TestConnection } from '../support/connection.ts';
import { temporaryFolder } from '../support/folder.ts';
import { freePort } from '../support/free-port.ts';
import { joinMedia } from '../support/media.ts';
import { ServerProcess } from '../support/process.ts';
import { startServer } from '../support/server.ts';
import type { Credentials } from '../support/turn-client.ts';
import { describeTurn, made, relaysOf, SECRETS, turnEnvironment, TurnStage } from '../support/turn-stage.ts';
import { until } from '../support/until.ts';

const isRoot = process.getuid?.() === 0;
/** Of one person at once; the relay's answer to more. */
const USER_QUOTA = 36;
const QUOTA_REACHED = 486;

describeTurn('the relay', () => {
  let stage: TurnStage;
  beforeAll(async () => {
    stage = await TurnStage.open();
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  /** What the relay answers to these credentials, by each way. */
  async function answersTo(credentials: Credentials | undefined, realm?: string): Promise<number[]> {
    const codes: number[] = [];
    for (const way of ['udp', 'tcp', 'tls'] as const) {
      using client = await stage.client(way, credentials, realm === undefined ? {} : { realm });
      codes.push((await client.allocate()).code);
    }
    return codes;
  }

  describe('credentials', () => {
    test('of either secret are good', async () => {
      for (const secret of SECRETS) expect(await answersTo(made({ secret }))).toEqual([0, 0, 0]);
    });

    const { username, credential } = made();
    test.each<[string, Credentials | undefined]>([
      ['none', undefined],
      ['expired', made({ lifetime: -1 })],
      ['of a foreign secret', made({ secret: 'foreign' })],
      ['with an invented password', { username, credential: Buffer.alloc(20, 7).toString('base64') }],
      ['with an empty password', { username, credential: '' }],
      [
        'with a later end',
        { username: username.replace(/^\d+/, (end) => `${Number(end) + 60}`), credential },
      ],
      ["with another's name", { username: username.replace(/:.*/, ':somebodyElse0000'), credential }],
      ['with no end', { username: username.replace(/^\d+:/, ''), credential }],
    ])('%s are refused', async (_, credentials) => {
      expect(await answersTo(credentials)).toEqual([401, 401, 401]);
    });

    test('for another realm are refused', async () => {
      for (const code of await answersTo(made(), 'elsewhere')) expect([401, 437, 441]).toContain(code);
    });

    test('go to who is in a live call, and to nobody else', async () => {
      using people = await couple(stage.server.url);
      const { a, b, ann } = people;
      using stranger = await (await TestAccount.signUp(stage.server.url, 'stranger')).connect();
      using elsewhere = await ann.connect();
      const refusal = async (connection: TestConnection, callId: string) => {
        const attempts = [joinMedia(connection, callId), connection.request('getIceServers', { callId })];
        return Promise.all(
          attempts.map((attempt) =>
            attempt.then(
              () => 'accepted',
              (error: unknown) => (error instanceof Refused ? error.code : error),
            ),
          ),
        );
      };

      const callId = await connectCall(people);
      expect(await refusal(stranger, callId)).toEqual(['not_found', 'not_found']);
      expect(await refusal(elsewhere, callId)).toEqual(['forbidden', 'forbidden']);
      for (const connection of [a, b]) {
        const given = [
          (await joinMedia(connection, callId)).iceServers,
          (await connection.request('getIceServers', { callId })).iceServers,
        ];
        for (const iceServers of given) expect(await answersTo(iceServers?.servers[0])).toEqual([0, 0, 0]);
      }
      await a.request('endCall', { callId });
      await reaches(b, callId, 'ended');
      for (const connection of [a, b, stranger]) {
        expect(await refusal(connection, callId)).not.toContain('accepted');
      }
    });
  });

  test('gives one person 36 allocations at once, whatever the credentials, and takes none from others', async () => {
    const clients = await Promise.all(
      Array.from({ length: USER_QUOTA + 1 }, (_, index) => {
        return stage.client('udp', made({ accountId: 'greedy', lifetime: 300 + index }));
      }),
    );
    const codes: number[] = [];
    for (const client of clients) codes.push((await client.allocate()).code);
    expect(codes).toEqual([...Array<number>(USER_QUOTA).fill(0), QUOTA_REACHED]);
    expect(await answersTo(made({ accountId: 'modest' }))).toEqual([0, 0, 0]);

    expect(await clients[0]?.refresh(0)).toBe(0);
    await until('one more', async () => (await clients.at(-1)?.allocate())?.code === 0);
    for (const client of clients) client[Symbol.dispose]();
  });

  test('comes back when it was killed', async () => {
    const before = await relaysOf(stage.server.dataDir);
    expect(before).toHaveLength(2);
    for (const pid of before) process.kill(pid, 'SIGKILL');
    await until('a new relay', async () => (await answersTo(made())).every((code) => code === 0));
    const after = await relaysOf(stage.server.dataDir);
    expect(after).toHaveLength(2);
    expect(after.filter((pid) => before.includes(pid))).toEqual([]);
  });
});

describeTurn('the process of the relay', () => {
  test('ends with the server, however that ends, and leaves the port free', async () => {
    await using folder = await temporaryFolder();
    const { environment, port } = await turnEnvironment(folder.path);
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      await using server = await ServerProcess.start(folder.path, environment);
      expect(await relaysOf(folder.path)).toHaveLength(2);
      await server.kill(signal);
      await until('the end of the relay', async () => (await relaysOf(folder.path)).length === 0, 3_000);
      for (const occupy of OCCUPATIONS) await (await occupy(port))();
      // A kill leaves files and rules, which the next start replaces.
      if (signal === 'SIGTERM' && isRoot) {
        expect(existsSync(runFolderOf(folder.path))).toBe(false);
        expect((await run('nft', ['list', 'tables'])).output).not.toContain(`_${port}`);
      }
    }
  });

  test('has its secrets from a file that no other user reads', async () => {
    await using folder = await temporaryFolder();
    const { environment } = await turnEnvironment(folder.path);
    await using server = await ServerProcess.start(folder.path, environment);
    const place = isRoot ? runFolderOf(folder.path) : folder.path;
    for (const kind of ['inner', 'public']) {
      const { mode, uid, gid } = await stat(join(place, `turn-${kind}.conf`));
      // As root, the group is the relay's own, which has no other member.
      expect([mode & 0o777, uid]).toEqual([isRoot ? 0o640 : 0o600, process.getuid?.()]);
      if (isRoot) expect(gid).toBeGreaterThan(0x7000_0000);
      const database = await stat(join(place, isRoot ? 'db' : '.', `turn-${kind}.db`));
      expect([database.mode & 0o777, database.uid]).toEqual([0o600, isRoot ? gid : uid]);
    }
    for (const pid of await relaysOf(folder.path)) {
      // Which everyone on the machine may read.
      expect(await readFile(`/proc/${pid}/cmdline`, 'latin1')).not.toContain(SECRETS[0]);
    }
    await server.kill('SIGTERM');
  });

  test('ends with the server even where it hangs', async () => {
    await using folder = await temporaryFolder();
    const { environment } = await turnEnvironment(folder.path);
    const server = await startServer(environment);
    const pids = await relaysOf(server.dataDir);
    expect(pids).toHaveLength(2);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    await server.close();
    expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
  });

  test('does not start beside another program on its port, UDP or TCP', async () => {
    await using folder = await temporaryFolder();
    const port = await freePort();
    for (const occupy of OCCUPATIONS) {
      const leave = await occupy(port);
      const start = startServer({ DATA_DIR: folder.path, TURN: 'on', TURN_PORT: String(port) });
      await expect(start).rejects.toThrow(`Port ${port} is taken by another program`);
      await leave();
    }
  });
});

/** Take a port by TCP and by UDP, and give it back. */
const OCCUPATIONS = [
  async (port: number) => {
    const server = createServer().listen(port);
    await once(server, 'listening');
    return () => new Promise<void>((done) => server.close(() => done()));
  },
  async (port: number) => {
    const socket = createSocket('udp4').bind(port);
    await once(socket, 'listening');
    return () => new Promise<void>((done) => socket.close(done));
  },
];
