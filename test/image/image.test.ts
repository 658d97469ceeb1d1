import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Buildah } from '../../scripts/image/buildah.ts';
import { say } from '../../scripts/support/setup-error.ts';
import { describeLab } from '../lab/describe-lab.ts';
import type { Ground } from '../lab/ground.ts';
import { type Host, Internet } from '../lab/internet.ts';
import { Lab } from '../lab/lab.ts';
import type { Namespace } from '../lab/namespace.ts';
import { Pair } from '../lab/pair.ts';
import type { Port, Router } from '../lab/router.ts';
import { makeCertificate } from '../support/certificate.ts';
import { until } from '../support/until.ts';
import { readCompose, type Service } from './compose.ts';
import { Container } from './container.ts';

const NAME = 'chataway.test';
const RELAY = 'localhost/chataway-test-relay:latest';
const SCANNER = join(import.meta.dirname, '..', 'lab', 'programs', 'scanner.ts');
const HEALTHY_WITHIN_MS = 60_000;
/** Whose the image's processes are. */
const USER = 10_001;

/** The services of docker/compose.yaml as they run on an operator's machine, which publishes their ports by NAT. */
class Deployment implements AsyncDisposable {
  readonly lab = new Lab();
  readonly #containers: Container[] = [];
  #internet: Internet | undefined;
  #docker: Router | undefined;
  #app: { machine: Namespace; container: Container } | undefined;
  #turn: { machine: Namespace; container: Container } | undefined;
  /** From the start of the app until its health check is content, in milliseconds. */
  healthyAfterMs = 0;

  async open(): Promise<void> {
    const { lab } = this;
    const buildah = await Buildah.open(say);
    await buildah.buildFrom('test/image/relay.Dockerfile', RELAY);
    const internet = await Internet.in(lab);
    this.#internet = internet;
    const docker = await internet.router('docker');
    this.#docker = docker;
    const app = await internet.hostBehind(docker, 'app');
    const turn = await lab.namespace('turn');
    await connectInside(app.machine, turn);
    await app.machine.learn(NAME, docker.address);

    const services = await readCompose({
      DOMAIN: NAME,
      REGISTRATION: 'open',
      RATE_LIMIT_FACTOR: '1000000',
      LOG_LEVEL: 'warn',
      ...(await certificate(lab)),
    });
    for (const port of published(services.app)) await docker.lead(port.outer, app.address, port.inner);

    const began = performance.now();
    this.#app = {
      machine: app.machine,
      container: await this.#start(app.machine, services.app, buildah.image, buildah),
    };
    await this.#healthy('app');
    this.healthyAfterMs = performance.now() - began;
    this.#turn = { machine: turn, container: await this.#start(turn, services.turn, RELAY, buildah) };
    await this.#healthy('turn');
  }

  get app(): { machine: Namespace; container: Container } {
    if (!this.#app) throw new Error('not open');
    return this.#app;
  }

  get turn(): { machine: Namespace; container: Container } {
    if (!this.#turn) throw new Error('not open');
    return this.#turn;
  }

  /** Two people on the Internet, behind nothing, or each behind what lets nothing out but 443/TCP. */
  async ground(label: string, only443: boolean): Promise<Pick<Ground, 'ann' | 'ben' | 'url'>> {
    const internet = this.#internet;
    if (!internet) throw new Error('not open');
    const place = async (name: string): Promise<Host> => {
      const host = only443
        ? await internet.hostBehind(
            await internet.router(`${name}s-router`, { out: ['tcp dport 443'] }),
            name,
          )
        : await internet.host(name);
      await host.machine.learn(NAME, this.address);
      return host;
    };
    const [ann, ben] = [await place(`${label}-ann`), await place(`${label}-ben`)];
    return { ann, ben, url: `https://${NAME}` };
  }

  async stranger(): Promise<Namespace> {
    if (!this.#internet) throw new Error('not open');
    return (await this.#internet.host('stranger')).machine;
  }

  /** The one that the outside knows. */
  get address(): string {
    return this.#docker?.address ?? '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const container of this.#containers.reverse()) await container[Symbol.asyncDispose]();
    await this.lab.close();
  }

  async #start(machine: Namespace, service: Service, image: string, buildah: Buildah): Promise<Container> {
    const container = await Container.start({ lab: this.lab, machine, buildah, image, service });
    this.#containers.push(container);
    return container;
  }

  async #healthy(name: 'app' | 'turn'): Promise<void> {
    const { container } = this[name];
    await until(`${name} to be healthy`, () => container.isHealthy(), HEALTHY_WITHIN_MS).catch(
      (error: unknown) => {
        throw new Error(`${String(error)}; it printed: ${container.output}`);
      },
    );
  }
}

/** The network that app and relay have for themselves, as compose.yaml lays it. */
async function connectInside(app: Namespace, turn: Namespace): Promise<void> {
  await app.ip('link', 'add', 'relay', 'type', 'veth', 'peer', 'name', 'relay', 'netns', turn.name);
  await app.setUp('relay', '172.30.44.2', 24);
  await turn.setUp('relay', '172.30.44.3', 24);
}

/** An operator's own certificate, and what .env says then. */
async function certificate(lab: Lab): Promise<Record<string, string>> {
  const folder = join(lab.folder, 'certificates');
  await mkdir(folder);
  const { certFile, keyFile } = makeCertificate(folder, NAME);
  for (const path of [folder, certFile, keyFile]) await chown(path, USER, USER);
  return {
    ACME: 'off',
    CERTIFICATES: folder,
    TLS_CERT: '/certificates/cert.pem',
    TLS_KEY: '/certificates/key.pem',
  };
}

function published({ ports }: Service): { outer: Port; inner: number }[] {
  return ports.map((line) => {
    const [, outer, inner, protocol] = /^(\d+):(\d+)\/(tcp|udp)$/.exec(line) ?? [];
    if (protocol !== 'tcp' && protocol !== 'udp') throw new Error(`a port of another kind: ${line}`);
    return { outer: `${protocol} ${Number(outer)}`, inner: Number(inner) };
  });
}

/** What listens on a machine, without the ports that are any free one: `tcp 3000`. */
async function listening(machine: Namespace): Promise<string[]> {
  const lines = (await machine.run('ss', '-Hlntu')).trim().split('\n').filter(Boolean);
  const found = lines.map((line) => {
    const [protocol = '', , , , local = ''] = line.split(/\s+/);
    return `${protocol} ${local.replace(/%\w+/, '')}`;
  });
  return [...new Set(found)].sort();
}

/** What /proc tells of a container's processes. */
async function status(container: Container, field: string): Promise<string[]> {
  const text = await container.execute('sh', '-c', `cat /proc/[0-9]*/status | grep '^${field}:'`);
  return [
    ...new Set(
      text
        .trim()
        .split('\n')
        .map((line) => line.replace(/^\w+:\s*/, '')),
    ),
  ];
}

describeLab('the image', () => {
  const deployment = new Deployment();
  beforeAll(() => deployment.open());
  afterAll(() => deployment[Symbol.asyncDispose]());

  test('is healthy soon, and so is the relay beside it', async () => {
    console.log(`healthy after ${(deployment.healthyAfterMs / 1000).toFixed(1)} s`);
    expect(await deployment.app.container.isHealthy()).toBe(true);
    expect(await deployment.turn.container.isHealthy()).toBe(true);
  });

  test('runs as a user who may do nothing, on files that cannot be written', async () => {
    for (const { container } of [deployment.app, deployment.turn]) {
      expect(await status(container, 'Uid')).toEqual([Array(4).fill(USER).join('\t')]);
      expect(await status(container, 'CapEff')).toEqual(['0000000000000000']);
      expect(await status(container, 'CapPrm')).toEqual(['0000000000000000']);
      expect(await status(container, 'NoNewPrivs')).toEqual(['1']);
    }
    const { container } = deployment.app;
    for (const folder of ['/', '/chataway', '/usr/local/bin', '/etc', '/certificates']) {
      await expect(container.execute('touch', join(folder, 'a-file'))).rejects.toThrow(
        'Read-only file system',
      );
    }
    for (const folder of ['/data', '/backups', '/turn', '/tmp']) {
      await container.execute('sh', '-c', `touch ${folder}/a-file && rm ${folder}/a-file`);
    }
  });

  test('brings neither npm nor a compiler', async () => {
    const { container } = deployment.app;
    for (const program of ['npm', 'npx', 'gcc', 'cc', 'g++', 'make', 'python3', 'curl']) {
      await expect(container.execute('sh', '-c', `command -v ${program}`)).rejects.toThrow();
    }
  });

  test('carries a call by UDP', async () => {
    await using pair = await Pair.meet(deployment.lab, await deployment.ground('open', false), 'open');
    const { ways, setUpMs } = await pair.call();
    console.log(`by UDP: first picture after ${(setUpMs / 1000).toFixed(2)} s`);
    expect(ways).toEqual(['udp']);
  });

  test('carries a call where only 443/TCP is let out, by TURN over TLS', async () => {
    await using pair = await Pair.meet(deployment.lab, await deployment.ground('shut', true), 'shut');
    const { ways, setUpMs } = await pair.call();
    console.log(`by TURN over TLS: first picture after ${(setUpMs / 1000).toFixed(2)} s`);
    expect(ways).toEqual(['turns:tcp']);
  });

  test('has 443/TCP open to the world and no other TCP port', async () => {
    const stranger = await deployment.stranger();
    const open: unknown = JSON.parse(await stranger.run(process.execPath, SCANNER, deployment.address));
    console.log(`open from outside: TCP ${String(open)}`);
    expect(open).toEqual([443]);
  });

  test('publishes one UDP port, and listens to what is told and nothing else', async () => {
    const { app, turn } = deployment;
    const services = await readCompose({ DOMAIN: NAME });
    expect(published(services.app)).toEqual([
      { outer: 'tcp 443', inner: 3000 },
      { outer: 'udp 44444', inner: 44_444 },
    ]);
    expect(published(services.turn)).toEqual([]);
    const inApp = await listening(app.machine);
    const inTurn = await listening(turn.machine);
    console.log(`app listens at ${inApp.join(', ')}; turn at ${inTurn.join(', ')}`);
    // The port at which relayed media comes is any free one, in the network of app and relay alone.
    expect(inApp.filter((one) => !/^udp 172\.30\.44\.2:\d+$/.test(one))).toEqual([
      'tcp *:3000',
      'udp 0.0.0.0:44444',
      'udp [::]:44444',
    ]);
    expect(inApp).toHaveLength(4);
    // The second is the console, for the app as well.
    expect(inTurn).toEqual(['tcp 172.30.44.3:3478', 'tcp 172.30.44.3:3480']);
  });

  test("has the operator's commands: the doctor finds nothing to mend", async () => {
    const text = await deployment.app.container.execute('chataway', 'doctor');
    console.log(text);
    expect(text).toContain('relay: it answers by TLS on port 3000');
    expect(text).toContain('Nothing to mend on this side.');
    await expect(deployment.app.container.execute('chataway', 'nonsense')).rejects.toThrow(
      'chataway admin|backup',
    );
    expect(await deployment.app.container.execute('chataway', 'admin', 'help')).toContain(
      'chataway admin <command>',
    );
  });
});
