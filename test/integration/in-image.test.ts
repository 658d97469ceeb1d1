import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommand } from '../support/command.ts';
import { temporaryFolder } from '../support/folder.ts';

/** Each is a process of its own. */
const SLOW = 60_000;

test(
  'what is told to type in the image is what the image has',
  async () => {
    await using folder = await temporaryFolder();
    const environment = {
      CHATAWAY_IN_IMAGE: '1',
      DATA_DIR: join(folder.path, 'data'),
      PORT: '0',
      MEDIA_PORT: '0',
      LOG_LEVEL: 'silent',
      MEDIASOUP_WORKER_BIN: '/bin/false',
    };
    const run = async (script: string, ...args: string[]) =>
      (await runCommand(script, args, environment)).output;
    const outputs = [
      await run('scripts/restore.ts'),
      await run('scripts/admin/main.ts', 'nonsense'),
      await run('scripts/admin/main.ts', 'help'),
      await run('server/main.ts'),
      await run('scripts/doctor/main.ts'),
    ];
    expect(outputs).toEqual([
      expect.stringContaining('make one with "chataway backup".'),
      expect.stringContaining('See "chataway admin help".'),
      expect.stringContaining('chataway admin <command>, with the settings'),
      expect.stringContaining('build the image anew, or set MEDIASOUP_WORKER_BIN'),
      expect.stringContaining('/bin/false does not run here: build the image anew.'),
    ]);
    expect(outputs.join('')).not.toContain('npm');
  },
  SLOW,
);
