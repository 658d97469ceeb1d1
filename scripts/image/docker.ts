import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../support/paths.ts';
import { run } from '../support/run.ts';
import { SetupError } from '../support/setup-error.ts';
import { npmSecrets } from './npm-secrets.ts';

/** The engine of Docker, where there is one. */
export class Docker {
  readonly name = 'Docker';
  readonly image = 'chataway:latest';

  /** Undefined where there is none, or it does not run, or not for this user. */
  static async find(): Promise<Docker | undefined> {
    const { code } = await run('docker', ['info']);
    return code === 0 ? new Docker() : undefined;
  }

  async build(): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'chataway-image-'));
    try {
      const secrets = (await npmSecrets(folder)).flatMap((secret) => ['--secret', secret]);
      const args = ['build', '--file', 'docker/Dockerfile', '--tag', this.image, ...secrets, '.'];
      const { code } = await run('docker', args, { cwd: ROOT, show: true });
      if (code !== 0) throw new SetupError('The image could not be built: mend what Docker says above.');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** As the layers come out of gzip; a registry's may differ a little. */
  async compressedBytes(): Promise<number> {
    const { output } = await run('sh', ['-c', `docker save ${this.image} | gzip | wc -c`]);
    return Number(output.trim());
  }
}
