import { copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { CertificateFiles, type CertificateFilesOptions } from '../../server/reach/certificate-files.ts';
import { makeCertificate } from '../support/certificate.ts';
import { temporaryFolder } from '../support/folder.ts';
import { until } from '../support/until.ts';

/** Two pairs, and the two files that are looked at, which hold the first pair; what is logged, and who was told. */
async function setUp(options: Partial<CertificateFilesOptions> = {}) {
  const folder = await temporaryFolder();
  const pair = async (name: string) => {
    mkdirSync(join(folder.path, name));
    const { cert, certFile, keyFile } = makeCertificate(join(folder.path, name));
    return { cert, key: await readFile(keyFile, 'utf8'), certFile, keyFile };
  };
  const [first, second] = [await pair('first'), await pair('second')];
  const [certFile, keyFile] = [join(folder.path, 'cert.pem'), join(folder.path, 'key.pem')];
  copyFileSync(first.certFile, certFile);
  copyFileSync(first.keyFile, keyFile);
  const log: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => log.push(line) });
  const open = () => {
    const files = new CertificateFiles({ certFile, keyFile, logger, ...options });
    const told: string[] = [];
    files.onChange(({ cert }) => told.push(cert));
    return { files, told };
  };
  const dispose = () => folder[Symbol.asyncDispose]();
  return { folder: folder.path, first, second, certFile, keyFile, log, open, [Symbol.asyncDispose]: dispose };
}

test('new files are taken by themselves', async () => {
  await using stage = await setUp({ lookEveryMs: 5 });
  const { files, told } = stage.open();
  expect(files.current.cert).toBe(stage.first.cert);
  files.start();
  copyFileSync(stage.second.certFile, stage.certFile);
  copyFileSync(stage.second.keyFile, stage.keyFile);
  await until('the new certificate', () => told.length > 0);
  files.close();
  expect(told).toEqual([stage.second.cert]);
  const { cert, key } = stage.second;
  expect(files.current).toEqual({ cert, key });
});

test('a link that leads elsewhere now is followed', async () => {
  await using stage = await setUp();
  const { files, told } = stage.open();
  rmSync(stage.certFile);
  rmSync(stage.keyFile);
  symlinkSync(stage.first.certFile, stage.certFile);
  symlinkSync(stage.first.keyFile, stage.keyFile);
  await files.look();
  expect(told).toEqual([]);
  for (const [target, file] of [
    [stage.second.certFile, stage.certFile],
    [stage.second.keyFile, stage.keyFile],
  ] as const) {
    symlinkSync(target, `${file}.new`);
    renameSync(`${file}.new`, file);
  }
  await files.look();
  expect(told).toEqual([stage.second.cert]);
});

test('files that are no pair change nothing, and that is told once', async () => {
  await using stage = await setUp();
  const { files, told } = stage.open();
  const { cert, key } = stage.first;
  const spoil: (() => void)[] = [
    () => writeFileSync(stage.certFile, stage.second.cert.slice(0, 200)),
    () => writeFileSync(stage.certFile, ''),
    () => writeFileSync(stage.certFile, stage.second.cert),
    () => rmSync(stage.certFile),
    () => writeFileSync(stage.keyFile, stage.second.key),
    () => writeFileSync(stage.keyFile, stage.second.key.slice(0, 50)),
  ];
  for (const [index, one] of spoil.entries()) {
    one();
    for (let looks = 0; looks < 3; looks++) await files.look();
    expect(stage.log).toHaveLength(index + 1);
    expect(files.current).toEqual({ cert, key });
    writeFileSync(stage.certFile, cert);
    writeFileSync(stage.keyFile, key);
    await files.look();
  }
  expect(told).toEqual([]);
  expect(stage.log.join('')).not.toContain(stage.second.key.slice(30, 60));

  writeFileSync(stage.certFile, stage.second.cert);
  await files.look();
  writeFileSync(stage.keyFile, stage.second.key);
  await files.look();
  expect(told).toEqual([stage.second.cert]);
});

test('a start with files that are no pair fails', async () => {
  await using stage = await setUp();
  copyFileSync(stage.second.keyFile, stage.keyFile);
  expect(stage.open).toThrow('the key belongs to another certificate');
  writeFileSync(stage.keyFile, 'nonsense');
  expect(stage.open).toThrow();
  rmSync(stage.certFile);
  expect(stage.open).toThrow('ENOENT');
});
