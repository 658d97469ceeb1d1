import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeCertificate } from '../support/certificate.ts';
import { runCommand, startCommand } from '../support/command.ts';
import { temporaryFolder } from '../support/folder.ts';

/** The script behind "npm start", on a machine that has no program but ours, and nothing to install one with. */
const START = 'scripts/start.ts';
const settings = (folder: string) => ({
  PATH: folder,
  PORT: '0',
  MEDIA_PORT: '0',
  MEDIA_WORKERS: '1',
  LOG_LEVEL: 'silent',
  DATA_DIR: join(folder, 'data'),
});

/** A start may have to wait for others that start. */
const SLOW = 60_000;

test(
  'a wrong setting is told once, before anything is set up',
  async () => {
    await using folder = await temporaryFolder();
    const environment = { ...settings(folder.path), PORT: 'many', MEDIASOUP_WORKER_BIN: '/bin/false' };
    expect(await runCommand(START, [], environment)).toEqual({
      code: 1,
      output: 'ChatAway: PORT must be a whole number; it is "many".\n',
    });
  },
  SLOW,
);

test(
  'the relay is set up where it is wanted, whichever way that was said',
  async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'turn');
    await writeFile(file, 'on\n');
    const { code, output } = await runCommand(START, [], { ...settings(folder.path), TURN_FILE: file });
    expect(output).toMatch(
      /^ChatAway: The relay \(TURN=on\) needs what Debian calls coturn util-linux: .+\n$/,
    );
    expect(code).toBe(1);
  },
  SLOW,
);

test(
  'a relay that runs elsewhere is not set up here',
  async () => {
    await using folder = await temporaryFolder();
    const { certFile, keyFile } = makeCertificate(folder.path);
    const { child, output, result } = startCommand(START, [], {
      ...settings(folder.path),
      TURN: 'on',
      TURN_HOST: '127.44.44.43',
      TURN_DIR: folder.path,
      TLS_CERT: certFile,
      TLS_KEY: keyFile,
    });
    child.stdout?.on('data', () => output().includes('is ready') && child.kill('SIGTERM'));
    expect(await result).toEqual({
      code: 0,
      output: expect.stringMatching(/^ChatAway is ready at \S+\n$/) as string,
    });
  },
  SLOW,
);
