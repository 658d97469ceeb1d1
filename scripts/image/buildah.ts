import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ensurePackages, hasApt } from '../support/apt.ts';
import { cacheFolder, ROOT } from '../support/paths.ts';
import { type Outcome, run } from '../support/run.ts';
import { type Say, SetupError } from '../support/setup-error.ts';
import { npmSecrets } from './npm-secrets.ts';

const FOLDER = cacheFolder('image');
/** Images of its own: what stands here under the name of a public one was made here (bases.ts). */
const OWN_STORAGE = ['--root', join(FOLDER, 'storage'), '--runroot', join(FOLDER, 'run')];

/** The builder for machines without Docker's engine: buildah of Debian, as root. `open` one. */
export class Buildah {
  readonly name = 'buildah';
  readonly image = 'localhost/chataway:latest';

  /** @throws {SetupError} where buildah is not to be had. */
  static async open(say: Say): Promise<Buildah> {
    if (process.getuid?.() !== 0 || !(await hasApt())) {
      throw new SetupError(
        'The image needs the engine of Docker, or root on Debian or Ubuntu, where buildah builds it: start Docker, or try again as root.',
      );
    }
    await ensurePackages(['buildah', 'debootstrap'], 'Building the image without Docker', say);
    await mkdir(FOLDER, { recursive: true });
    return new Buildah();
  }

  async build(): Promise<void> {
    await this.buildFrom('docker/Dockerfile', this.image);
  }

  /** Builds another Dockerfile of the checkout. */
  async buildFrom(file: string, image: string): Promise<void> {
    await this.scratch(async (folder) => {
      const secrets = (await npmSecrets(folder)).flatMap((secret) => ['--secret', secret]);
      // Docker's format, because the other has no health check.
      const args = ['--format', 'docker', '--layers', '--pull-never', '--file', file, '--tag', image];
      const { code } = await this.#run(['build', ...args, ...secrets, ROOT], { show: true });
      if (code !== 0) throw new SetupError('The image could not be built: mend what buildah says above.');
    });
  }

  /** What a registry would hold: the layers by gzip. */
  async compressedBytes(): Promise<number> {
    return this.scratch(async (folder) => {
      await this.do('push', '--quiet', '--format', 'docker', this.image, `dir:${folder}`);
      const sizes = (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size);
      return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    });
  }

  async has(image: string): Promise<boolean> {
    return (await this.#run(['inspect', '--type', 'image', image])).code === 0;
  }

  /** Runs buildah(1), and returns what it printed. @throws {SetupError} with what it complained of. */
  async do(...args: string[]): Promise<string> {
    const { code, output } = await this.#run(args);
    if (code !== 0)
      throw new SetupError(`buildah ${args[0] ?? ''} failed: ${output.split('\n').at(-1) ?? ''}`);
    return output.trim();
  }

  /** A folder beside the storage while `body` runs. */
  async scratch<T>(body: (folder: string) => Promise<T>): Promise<T> {
    const folder = await mkdtemp(join(FOLDER, 'scratch-'));
    try {
      return await body(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  #run(args: readonly string[], options: { show?: boolean } = {}): Promise<Outcome> {
    const env = {
      ...process.env,
      // Without namespaces of its own, which a container or a small kernel may not have.
      BUILDAH_ISOLATION: 'chroot',
      STORAGE_DRIVER: process.env['STORAGE_DRIVER'] ?? 'overlay',
    };
    return run('buildah', [...OWN_STORAGE, ...args], { env, ...options });
  }
}
