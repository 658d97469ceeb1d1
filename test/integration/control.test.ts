import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { AppError } from '../../server/errors.ts';
import { askServer, controlPath } from '../../server/control/control-client.ts';
import { ControlSocket } from '../../server/control/control-socket.ts';
import { createLogger } from '../../server/logger.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startServer } from '../support/server.ts';

const logger = createLogger('silent');

test('the operator is answered, and told what is wrong', async () => {
  await using folder = await temporaryFolder();
  const control = await ControlSocket.open({ folder: folder.path, logger });
  control.serve({
    echo: (data) => Promise.resolve({ data }),
    refuse: () => Promise.reject(new AppError('not_found', 'There is no such account.')),
    fail: () => Promise.reject(new Error('secret of ours')),
  });
  const ask = (method: string, data: object = {}) => askServer(folder.path, method, data);
  expect(await ask('echo', { a: 1 })).toEqual({ status: 200, body: { data: { a: 1 } } });
  expect(await ask('refuse')).toEqual({
    status: 404,
    body: { error: { code: 'not_found', message: 'There is no such account.' } },
  });
  expect(await ask('fail')).toMatchObject({ status: 500, body: { error: { code: 'internal' } } });
  expect(await ask('toString')).toMatchObject({ body: { error: { code: 'unknown_method' } } });
  expect(await ask('echo', { long: 'x'.repeat(70_000) })).toMatchObject({
    body: { error: { code: 'too_large' } },
  });
  await control.close();
  expect(await ask('echo')).toBeUndefined();
});

test('what a killed server left is in nobody’s way', async () => {
  await using folder = await temporaryFolder();
  await writeFile(controlPath(folder.path), '');
  const control = await ControlSocket.open({ folder: folder.path, logger });
  expect(await askServer(folder.path, 'hello', {})).toEqual({ status: 200, body: {} });
  await control.close();
});

test('a second server stays out of the data folder', async () => {
  await using folder = await temporaryFolder();
  const DATA_DIR = join(folder.path, 'data');
  await using server = await startServer({ DATA_DIR });
  await expect(startServer({ DATA_DIR })).rejects.toThrow(/^Another ChatAway uses the data folder/);
  expect((await fetch(`${server.url}/api/session`)).status).toBe(200);
});

test('of two that start at once one gets the folder, and gives it back', async () => {
  await using folder = await temporaryFolder();
  const open = () => ControlSocket.open({ folder: folder.path, logger });
  for (let round = 0; round < 20; round++) {
    const tries = await Promise.allSettled([open(), open(), open()]);
    const got = tries.filter((one) => one.status === 'fulfilled');
    expect(got).toHaveLength(1);
    const [{ value: control } = { value: undefined }] = got;
    expect(await askServer(folder.path, 'hello', {})).toEqual({ status: 200, body: {} });
    await control?.close();
  }
});
