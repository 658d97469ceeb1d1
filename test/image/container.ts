import { chown, mkdir, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import type { Buildah } from '../../scripts/image/buildah.ts';
import { filesOf } from '../lab/cleaning.ts';
import { run } from '../lab/command.ts';
import type { Lab } from '../lab/lab.ts';
import type { Namespace } from '../lab/namespace.ts';
import { Program } from '../lab/program.ts';
import type { Service } from './compose.ts';

/** Of an image, what `buildah inspect` tells that its containers have. */
const inspection = z.object({
  Docker: z.object({
    config: z.object({
      Env: z.array(z.string()),
      Cmd: z.array(z.string()).nullish(),
      WorkingDir: z.string().default('/'),
      Healthcheck: z.object({ Test: z.array(z.string()) }).optional(),
    }),
  }),
});

const DEVICES = {
  destination: '/dev',
  type: 'tmpfs',
  source: 'tmpfs',
  options: ['nosuid', 'mode=755', 'size=64k'],
};
const PROCESSES = { destination: '/proc', type: 'proc', source: 'proc' };

interface Place {
  readonly lab: Lab;
  /** Whose network it has. */
  readonly machine: Namespace;
  readonly buildah: Buildah;
  readonly image: string;
  readonly service: Service;
}

/** A service of docker/compose.yaml, run by runc as Docker would run it, in the network of a machine of the lab. */
export class Container implements AsyncDisposable {
  readonly #place: Place;
  readonly #folder: string;
  readonly #name: string;
  readonly #process: object;
  readonly #health: readonly string[];
  readonly #program: Program;
  readonly #release: () => Promise<void>;

  private constructor(place: Place, parts: Parts) {
    const { folder, process, health, release } = parts;
    this.#place = place;
    this.#folder = folder;
    this.#name = place.machine.name;
    this.#process = process;
    this.#health = health;
    this.#release = release;
    this.#program = new Program('runc', [...this.#runc, 'run', '--bundle', folder, this.#name]);
  }

  static async start(place: Place): Promise<Container> {
    const { lab, machine, buildah, image, service } = place;
    const { config } = inspection.parse(
      JSON.parse(await buildah.do('inspect', '--type', 'image', image)),
    ).Docker;
    const working = await buildah.do('from', '--pull-never', image);
    const release = async () => {
      await buildah.do('rm', working);
    };
    const root = await buildah.do('mount', working);
    const [uid = 0, gid = 0] = service.user.split(':').map(Number);
    const process = {
      user: { uid, gid },
      args: [...service.entrypoint, ...(service.command ?? config.Cmd ?? [])],
      cwd: config.WorkingDir || '/',
      env: [...config.Env, ...Object.entries(service.environment).map(([name, value]) => `${name}=${value}`)],
      // Who is not root has none of them; of a program that asks for one Linux looks whether it could be had.
      capabilities: { bounding: service.cap_add.map((name) => `CAP_${name}`) },
      noNewPrivileges: service.security_opt.includes('no-new-privileges:true'),
    };
    const folder = join(lab.folder, image.replaceAll(/\W+/g, '-'));
    await mkdir(folder);
    const bundle = {
      ociVersion: '1.0.2',
      process,
      root: { path: root, readonly: service.read_only },
      mounts: [
        PROCESSES,
        DEVICES,
        ...(await volumes(lab, service)),
        ...temporary(service),
        ...names(machine),
      ],
      linux: {
        namespaces: [
          ...['pid', 'ipc', 'uts', 'mount'].map((type) => ({ type })),
          { type: 'network', path: join('/run/netns', machine.name) },
        ],
      },
    };
    await writeFile(join(folder, 'config.json'), JSON.stringify(bundle));
    const health = service.healthcheck?.test ?? config.Healthcheck?.Test ?? [];
    return new Container(place, { folder, process, health, release });
  }

  /** What it printed so far. */
  get output(): string {
    return this.#program.output;
  }

  /** Runs a command in it, as `docker compose exec` does. @throws {Error} with what it printed, where it fails. */
  async execute(...args: readonly string[]): Promise<string> {
    const file = join(this.#folder, 'process.json');
    await writeFile(file, JSON.stringify({ ...this.#process, args }));
    return run('runc', ...this.#runc, 'exec', '--process', file, this.#name).catch((error: unknown) => {
      const printed = error instanceof Error && 'stdout' in error ? String(error.stdout) : '';
      throw new Error(`${args.join(' ')} failed: ${printed}${String(error)}`);
    });
  }

  /** What its health check says now. */
  async isHealthy(): Promise<boolean> {
    const [kind, ...command] = this.#health;
    if (kind !== 'CMD') throw new Error(`a health check of another kind: ${this.#health.join(' ')}`);
    return this.execute(...command).then(
      () => true,
      () => false,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.end();
    await this.#release();
  }

  get #runc(): string[] {
    return ['--root', join(this.#place.lab.folder, 'runc')];
  }
}

interface Parts {
  folder: string;
  process: object;
  health: readonly string[];
  release: () => Promise<void>;
}

/** Named ones begin as the folder of the image does: its user's own. */
async function volumes(lab: Lab, { volumes, user }: Service): Promise<object[]> {
  const [uid = 0, gid = 0] = user.split(':').map(Number);
  return Promise.all(
    volumes.map(async (volume) => {
      const [name = '', destination, mode = 'rw'] = volume.split(':');
      const source = isAbsolute(name) ? name : join(lab.folder, 'volumes', name);
      if (!isAbsolute(name)) {
        await mkdir(source, { recursive: true });
        await chown(source, uid, gid);
      }
      return { destination, source, type: 'bind', options: ['bind', mode, 'nosuid', 'nodev'] };
    }),
  );
}

function temporary({ tmpfs }: Service): object[] {
  return tmpfs.map((line) => {
    const [destination, options = ''] = line.split(':');
    return {
      destination,
      source: 'tmpfs',
      type: 'tmpfs',
      options: ['nosuid', 'nodev', 'noexec', ...options.split(',')],
    };
  });
}

/** The names that its machine knows. */
function names(machine: Namespace): object[] {
  return ['hosts', 'resolv.conf'].map((name) => ({
    destination: join('/etc', name),
    source: join(filesOf(machine.name), name),
    type: 'bind',
    options: ['bind', 'ro'],
  }));
}
