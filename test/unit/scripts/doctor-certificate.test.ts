import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../config/load.ts';
import { checkCertificate } from '../../../scripts/doctor/certificate.ts';
import type { Finding } from '../../../scripts/doctor/finding.ts';
import { AcmeStore } from '../../../server/reach/acme-store.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { temporaryFolder } from '../../support/folder.ts';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

type Case = [name: string, age: number, left: number, state: Finding['state']];

describe('the doctor finds a certificate that is not renewed', () => {
  test.each<Case>([
    ['of a day, before its renewal', 14 * HOUR_MS, 10 * HOUR_MS, 'good'],
    ['of a day, at its renewal', 16.5 * HOUR_MS, 7.5 * HOUR_MS, 'good'],
    ['of a day, soon after', 18 * HOUR_MS, 6 * HOUR_MS, 'doubt'],
    ['of a day, late', 22 * HOUR_MS, 2 * HOUR_MS, 'broken'],
    ['of 90 days, before its renewal', 55 * DAY_MS, 35 * DAY_MS, 'good'],
    ['of 90 days, soon after', 70 * DAY_MS, 20 * DAY_MS, 'doubt'],
    ['of 90 days, late', 80 * DAY_MS, 10 * DAY_MS, 'broken'],
    ['that has expired', 91 * DAY_MS, -DAY_MS, 'broken'],
  ])('by ACME, %s', async (_, age, left, state) => {
    await using folder = await temporaryFolder();
    const directoryUrl = 'https://authority.invalid/directory';
    const acme = { folder: join(folder.path, 'acme'), directoryUrl, domain: 'localhost' };
    new AcmeStore(acme).keep(makeCertificate(folder.path, 'localhost', { age, left }));
    const config = loadConfig({
      DATA_DIR: folder.path,
      PUBLIC_URL: 'https://localhost',
      ACME: 'on',
      ACME_DIRECTORY: directoryUrl,
    });
    expect(await checkCertificate(config)).toMatchObject([{ subject: 'certificate', state }]);
  });

  test.each<Case>([
    ['of a day', 14 * HOUR_MS, 10 * HOUR_MS, 'good'],
    ['of a day, late', 22 * HOUR_MS, 2 * HOUR_MS, 'doubt'],
    ['of a year', 345 * DAY_MS, 20 * DAY_MS, 'good'],
    ['of a year, late', 355 * DAY_MS, 10 * DAY_MS, 'doubt'],
    ['that has expired', 366 * DAY_MS, -DAY_MS, 'broken'],
  ])('in files, %s', async (_, age, left, state) => {
    await using folder = await temporaryFolder();
    const { certFile, keyFile } = makeCertificate(folder.path, 'localhost', { age, left });
    const config = loadConfig({ TLS_CERT: certFile, TLS_KEY: keyFile });
    expect(await checkCertificate(config)).toMatchObject([{ subject: 'certificate', state }]);
  });
});

describe('the doctor finds a certificate that is for another', () => {
  test.each([
    ['call.example.org', 'https://call.example.org', 'good'],
    ['call.example.org', 'https://example.org', 'broken'],
    ['203.0.113.7', 'https://203.0.113.7', 'good'],
    ['203.0.113.7', 'https://203.0.113.8', 'broken'],
    ['2001:db8::7', 'https://[2001:db8::7]', 'good'],
    ['2001:db8::7', 'https://[2001:db8::8]', 'broken'],
  ])('than people ask for: %s at %s', async (host, url, state) => {
    await using folder = await temporaryFolder();
    const { certFile, keyFile } = makeCertificate(folder.path, host, { left: 100 * DAY_MS });
    const config = loadConfig({ TLS_CERT: certFile, TLS_KEY: keyFile, PUBLIC_URL: url });
    expect(await checkCertificate(config)).toMatchObject([{ subject: 'certificate', state }]);
  });
});
