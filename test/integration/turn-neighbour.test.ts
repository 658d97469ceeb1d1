import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import { connectCall, couple } from '../support/call.ts';
import { runCommand } from '../support/command.ts';
import { temporaryFolder } from '../support/folder.ts';
import { forbiddenPeers } from '../support/forbidden-peers.ts';
import { freePort } from '../support/free-port.ts';
import { joinMedia } from '../support/media.ts';
import { startServer } from '../support/server.ts';
import { type Credentials, TurnClient } from '../support/turn-client.ts';
import { made, SECRETS, testTurn, turnEnvironment } from '../support/turn-stage.ts';
import { until } from '../support/until.ts';

const HOST = '127.44.44.43';
const MEDIA = '127.44.44.44';
const PEER_PORT = 9;

/** The settings of a server whose relay runs elsewhere, here on the same machine. */
async function settings(folder: string): Promise<Record<string, string>> {
  const { environment } = await turnEnvironment(folder);
  return { ...environment, TURN_HOST: HOST, TURN_DIR: folder, TURN_PORT: String(await freePort()) };
}

/** Starts coturn with the file that the server wrote for it, as docker/compose.yaml does. */
async function neighbour(folder: string, port: number): Promise<AsyncDisposable & { readonly pid: number }> {
  const args = ['-c', join(folder, 'turnserver.conf'), `--userdb=${join(folder, 'turn.db')}`];
  const child: ChildProcess = spawn('turnserver', args, { stdio: 'ignore' });
  const gone = once(child, 'exit');
  await until('coturn', async () => {
    const socket = connect({ host: HOST, port });
    await once(socket, 'connect');
    socket.destroy();
    return true;
  });
  if (child.pid === undefined) throw new Error('there is no coturn');
  return {
    pid: child.pid,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

testTurn(
  'a relay elsewhere runs as it is told: behind our front, to the media and nowhere else',
  async () => {
    await using folder = await temporaryFolder();
    const environment = await settings(folder.path);
    await using server = await startServer({ ...environment, MEDIA_ADDRESSES: '203.0.113.7' });
    expect((await stat(join(folder.path, 'turnserver.conf'))).mode & 0o777).toBe(0o600);
    await using running = new AsyncDisposableStack();
    running.use(await neighbour(folder.path, Number(environment['TURN_PORT'])));

    const client = (credentials: Credentials) =>
      TurnClient.open({ way: 'tls', port: server.port, credentials });
    const answerTo = async (credentials: Credentials) => {
      using one = await client(credentials);
      return (await one.allocate()).code;
    };
    for (const secret of SECRETS) expect(await answerTo(made({ secret }))).toBe(0);
    expect(await answerTo(made({ secret: 'foreign' }))).toBe(401);

    using people = await couple(server.url);
    const callId = await connectCall(people);
    const joined = await joinMedia(people.a, callId);
    const [relay] = joined.iceServers?.servers ?? [];
    expect(relay?.urls).toEqual([`turns:localhost:${server.port}?transport=tcp`]);
    const candidates = joined.sendTransport.iceCandidates;
    expect(new Set(candidates.map(({ address }) => address))).toEqual(new Set(['203.0.113.7', MEDIA]));

    using inCall = await client(relay ?? made());
    expect((await inCall.allocate()).code).toBe(0);
    expect(await inCall.permit({ address: MEDIA, port: PEER_PORT })).toBe(0);
    for (const address of forbiddenPeers()) {
      expect([403, 443], address).toContain(await inCall.permit({ address, port: PEER_PORT }));
    }

    await people.b.request('endCall', { callId });
    await until('the end of the allocation', () => inCall.closed);
  },
);

testTurn('a relay elsewhere need not start anew when we do: it is told the same', async () => {
  await using folder = await temporaryFolder();
  const environment = { ...(await settings(folder.path)), TURN_SECRET: '' };
  const told = async () => {
    await (await startServer(environment)).close();
    return readFile(join(folder.path, 'turnserver.conf'), 'utf8');
  };
  const first = await told();
  expect(first).toMatch(/^static-auth-secret=[\w-]{43}$/m);
  expect(await told()).toBe(first);
});

testTurn(
  'a relay elsewhere is asked by the doctor as clients are, through our front',
  { timeout: 60_000 },
  async () => {
    await using folder = await temporaryFolder();
    const PORT = String(await freePort());
    const turn = await settings(folder.path);
    const environment = { ...turn, PORT, DATA_DIR: folder.path, MEDIA_PORT: '0' };
    const port = turn['TURN_PORT'] ?? '';
    await using running = new AsyncDisposableStack();
    running.use(await startServer(environment));
    const words = async () => (await runCommand('scripts/doctor/main.ts', [], environment)).output;
    expect(await words()).toContain(`FAIL  relay: nothing takes connections at ${HOST}, port ${port}`);
    const coturn = running.use(await neighbour(folder.path, Number(port)));
    expect(await words()).toContain(`ok    relay: it answers by TLS on port ${PORT}.`);
    process.kill(coturn.pid, 'SIGSTOP');
    expect(await words()).toContain(
      `FAIL  relay: something listens by TLS on port ${PORT}, and no relay answers: restart coturn at ${HOST}`,
    );
  },
);
