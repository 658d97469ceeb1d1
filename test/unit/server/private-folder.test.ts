import { chmodSync, lstatSync, mkdirSync, symlinkSync, writeFileSync, chownSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makePrivate } from '../../../server/private-folder.ts';
import { temporaryFolder } from '../../support/folder.ts';

const modeOf = (path: string) => (lstatSync(path).mode & 0o777).toString(8);

test('a folder that others could read is closed to them, with what is in it', async () => {
  await using outer = await temporaryFolder();
  const folder = join(outer.path, 'data');
  const inside = (name: string) => join(folder, name);
  mkdirSync(inside('backups/one'), { recursive: true });
  mkdirSync(inside('others'));
  for (const name of ['chataway.sqlite', 'chataway.sqlite-wal', 'backups/one/chataway.sqlite', 'others/file'])
    writeFileSync(inside(name), '');
  writeFileSync(inside('session-secret'), '', { mode: 0o600 });
  writeFileSync(join(outer.path, 'elsewhere'), '');
  symlinkSync('../elsewhere', inside('link'));
  for (const name of ['.', 'backups', 'backups/one', 'others']) chmodSync(inside(name), 0o755);
  for (const name of ['chataway.sqlite', 'chataway.sqlite-wal', 'backups/one/chataway.sqlite', 'others/file'])
    chmodSync(inside(name), 0o664);
  chmodSync(join(outer.path, 'elsewhere'), 0o644);

  expect(makePrivate(folder, ['backups', 'acme'])).toBe(true);
  expect(modeOf(folder)).toBe('700');
  for (const name of ['backups', 'backups/one']) expect([name, modeOf(inside(name))]).toEqual([name, '700']);
  for (const name of [
    'chataway.sqlite',
    'chataway.sqlite-wal',
    'backups/one/chataway.sqlite',
    'session-secret',
  ])
    expect([name, modeOf(inside(name))]).toEqual([name, '600']);
  // What is none of ours: another folder, and what a link leads to.
  expect(modeOf(inside('others'))).toBe('755');
  expect(modeOf(join(outer.path, 'elsewhere'))).toBe('644');
  expect(makePrivate(folder, ['backups', 'acme'])).toBe(false);
});

test('a folder behind a link is closed, and one that is not there is made', async () => {
  await using outer = await temporaryFolder();
  const real = join(outer.path, 'disk');
  mkdirSync(real);
  chmodSync(real, 0o755);
  symlinkSync('disk', join(outer.path, 'data'));
  expect(makePrivate(join(outer.path, 'data'), [])).toBe(true);
  expect(modeOf(real)).toBe('700');
  expect(makePrivate(join(outer.path, 'new/data'), [])).toBe(false);
  expect(modeOf(join(outer.path, 'new/data'))).toBe('700');
});

test.runIf(process.getuid?.() === 0)(
  'a folder of another user that others can enter is refused',
  async () => {
    await using outer = await temporaryFolder();
    const folder = join(outer.path, 'data');
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    chownSync(folder, 12_345, 12_345);
    expect(() => makePrivate(folder, [])).toThrow(/belongs to another user: have its owner run "chmod 700 /);
    expect(modeOf(folder)).toBe('755');
    chmodSync(folder, 0o700);
    expect(makePrivate(folder, [])).toBe(false);
  },
);
