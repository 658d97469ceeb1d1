import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SOCKET_PATH } from '#protocol/limits';
import { basePath, ConfigError, loadConfig, ownAddress, pageAddress } from '../../../../config/load.ts';
import { schema } from '../../../../config/schema.ts';
import { HEALTH_PATHS } from '../../../../server/http/health.ts';
import { METRICS_PATH } from '../../../../server/http/metrics-page.ts';
import { ASSETS } from '../../../../server/http/static.ts';
import { temporaryFolder } from '../../../support/folder.ts';

/** What is told of a wrong environment. */
function complaint(environment: Record<string, string>): string {
  try {
    loadConfig(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error(`accepted ${JSON.stringify(environment)}`);
}

test('nothing needs to be set, and what is parsed is frozen', () => {
  const config = loadConfig({});
  expect(config).toMatchObject({ PORT: 3000, DATA_DIR: './data', MEDIA_PORT: 44_444, LOG_LEVEL: 'info' });
  expect(config.MEDIA_WORKERS).toBeGreaterThanOrEqual(1);
  expect(config.MEDIA_WORKERS).toBeLessThanOrEqual(4);
  expect(Object.isFrozen(config)).toBe(true);
});

test('every setting is read', () => {
  const config = loadConfig({
    PORT: '8080',
    HOST: '127.0.0.1',
    DATA_DIR: '/srv/chat',
    BACKUP_DIR: '/mnt/backups',
    PUBLIC_URL: 'https://call.example.org',
    MEDIA_PORT: '50000',
    MEDIA_ADDRESSES: '203.0.113.7, 2001:db8::9',
    MEDIA_WORKERS: '2',
    TLS_CERT: '/a.pem',
    TLS_KEY: '/b.pem',
    ACME: 'off',
    ACME_EMAIL: 'someone@example.org',
    ACME_DIRECTORY: 'https://ca.example.org/directory',
    ACME_CA: '-----BEGIN CERTIFICATE-----',
    TRUSTED_PROXIES: '10.0.0.0/8, ::1',
    TURN: 'on',
    TURN_PORT: '3479',
    TURN_HOST: '172.30.44.3',
    TURN_DIR: '/srv/turn',
    TURN_SECRET: `${'n'.repeat(32)},${'o'.repeat(32)}`,
    RATE_LIMIT_FACTOR: '5',
    METRICS_TOKEN: 'm'.repeat(16),
    REGISTRATION: 'closed',
    LOG_LEVEL: 'silent',
  });
  expect(Object.keys(config).sort()).toEqual(Object.keys(schema.shape).sort());
  expect(config.PUBLIC_URL?.origin).toBe('https://call.example.org');
  expect(config.MEDIA_ADDRESSES).toEqual(['203.0.113.7', '2001:db8::9']);
  expect(config.TRUSTED_PROXIES).toEqual(['10.0.0.0/8', '::1']);
  expect(config.TURN_SECRET).toEqual(['n'.repeat(32), 'o'.repeat(32)]);
});

test.each([
  ['https://call.example.org', '', 'https://call.example.org'],
  ['https://call.example.org/', '', 'https://call.example.org'],
  ['https://example.org/chat', '/chat', 'https://example.org/chat'],
  ['https://example.org:8443/chat/', '/chat', 'https://example.org:8443/chat'],
  ['http://example.org/Team-1/v2.0_x/', '/Team-1/v2.0_x', 'http://example.org/Team-1/v2.0_x'],
  ['https://example.org/apis', '/apis', 'https://example.org/apis'],
])('PUBLIC_URL=%s puts the page below "%s"', (PUBLIC_URL, path, address) => {
  const config = loadConfig({ PUBLIC_URL });
  expect(basePath(config)).toBe(path);
  expect(pageAddress(config)).toBe(address);
});

test.each(['/api', SOCKET_PATH, ASSETS, METRICS_PATH, ...HEALTH_PATHS])(
  'a path below %s is refused, because it could not be told from the server’s own',
  (path) => {
    const PUBLIC_URL = `https://example.org${path.replace(/\/$/, '')}/chat`;
    expect(complaint({ PUBLIC_URL })).toMatch(
      /^PUBLIC_URL must be an address whose path begins with none of/,
    );
  },
);

describe('a wrong value is named with its key', () => {
  test.each([
    ['PORT', 'abc'],
    ['PORT', '-1'],
    ['PORT', '65536'],
    ['PORT', '80.5'],
    ['PORT', '0x50'],
    ['PUBLIC_URL', 'call.example.org'],
    ['PUBLIC_URL', 'ftp://call.example.org'],
    ['PUBLIC_URL', 'javascript:alert(1)'],
    ['PUBLIC_URL', 'https://example.org/#chat'],
    ['PUBLIC_URL', 'https://someone@example.org'],
    ['PUBLIC_URL', 'https://example.org/chat?room=1'],
    ['PUBLIC_URL', 'https://example.org//chat'],
    ['PUBLIC_URL', 'https://example.org/.hidden'],
    ['PUBLIC_URL', 'https://example.org/a b'],
    ['PUBLIC_URL', 'https://example.org/café'],
    ['PUBLIC_URL', 'https://example.org/a;b'],
    ['MEDIA_PORT', '70000'],
    ['MEDIA_ADDRESSES', 'call.example.org'],
    ['MEDIA_ADDRESSES', '203.0.113.7,'],
    ['MEDIA_WORKERS', '0'],
    ['MEDIA_WORKERS', 'many'],
    ['REGISTRATION', 'everyone'],
    ['RATE_LIMIT_FACTOR', '0'],
    ['LOG_LEVEL', 'loud'],
  ])('%s=%s', (key, value) => {
    const message = complaint({ [key]: value });
    expect(message).toMatch(new RegExp(`^${key} must be .*${value.replaceAll(/[.()?]/g, '\\$&')}`));
    expect(message).not.toContain('\n');
  });
});

test.each([
  'MEDIA_PROT',
  'TLS_CERTIFICATE',
  'RATE_LIMITS',
  'REGISTRATION_MODE',
  'REGISTRATIONS',
  'PUBLIC_URI',
  'BACKUP_FOLDER',
  'TRUSTED_PROXY',
  'TURN_SERVER',
  'ACME_MAIL',
  'METRICS_SECRET',
])('%s is taken for a mistyped setting', (key) => {
  expect(complaint({ [key]: '1' })).toContain(`${key} is not a setting`);
});

test("other programs' variables and empty ones are let be", () => {
  const theirs = {
    PATH: '/bin',
    HOME: '/root',
    HOSTNAME: 'box',
    HOSTTYPE: 'x86_64',
    LOG_DIR: '/l',
    DATA_HOME: '/d',
  };
  const config = loadConfig({ ...theirs, PUBLIC: 'C:\\Users\\Public', MEDIASOUP_WORKER_BIN: '/x', PORT: '' });
  expect(config.PORT).toBe(3000);
});

test.each([
  [{}, 'http://localhost:3000'],
  [{ HOST: '0.0.0.0' }, 'http://localhost:3000'],
  [{ HOST: '::' }, 'http://localhost:3000'],
  [{ HOST: '192.168.1.10', PORT: '8080' }, 'http://192.168.1.10:8080'],
  [{ HOST: 'fd00::7', TLS_CERT: '/a.pem', TLS_KEY: '/b.pem' }, 'https://[fd00::7]:3000'],
])('with %j the page is at %s', (environment, address) => {
  expect(ownAddress(loadConfig(environment))).toBe(address);
});

test.each([
  ['TLS_CERT', 'TLS_KEY'],
  ['TLS_KEY', 'TLS_CERT'],
])('%s alone misses %s', (given, missing) => {
  expect(complaint({ [given]: '/a.pem' })).toMatch(new RegExp(`^${missing} is missing`));
});

test('NAME_FILE names a file that holds the value', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'port');
  writeFileSync(file, '8081\n');
  expect(loadConfig({ PORT_FILE: file }).PORT).toBe(8081);
  expect(complaint({ PORT_FILE: join(folder.path, 'none') })).toMatch(
    /^PORT_FILE names .*none, which cannot be read/,
  );
  writeFileSync(file, 'x');
  expect(complaint({ PORT_FILE: file })).toBe('PORT must be a whole number.');
});

test('a secret that is wrong is not repeated', () => {
  expect(complaint({ METRICS_TOKEN: 'short' })).toBe('METRICS_TOKEN must have at least 16 characters.');
  expect(complaint({ TURN_SECRET: 'short' })).toBe('TURN_SECRET must have at least 32 characters each.');
});

test('what names a file already is not read as one that holds a name: a key is never told', () => {
  expect(complaint({ TLS_KEY_FILE: '/etc/key.pem' })).toMatch(/^TLS_KEY_FILE is not a setting/);
});

test('ACME needs a name to get a certificate for, and no certificate in files', () => {
  expect(complaint({ ACME: 'on' })).toContain('PUBLIC_URL is missing');
  expect(complaint({ ACME: 'on', PUBLIC_URL: 'http://call.example.org' })).toContain('PUBLIC_URL is missing');
  expect(complaint({ ACME: 'on', PUBLIC_URL: 'https://203.0.113.7' })).toContain('PUBLIC_URL is missing');
  expect(
    complaint({ ACME: 'on', PUBLIC_URL: 'https://call.example.org', TLS_CERT: '/a.pem', TLS_KEY: '/b.pem' }),
  ).toContain('one of them');
});

test('a relay elsewhere needs its address, a folder, and a certificate for the way to it', () => {
  const elsewhere = { TURN: 'on', TURN_HOST: '10.0.0.3', TURN_DIR: '/srv/turn' };
  const files = { TLS_CERT: '/a.pem', TLS_KEY: '/b.pem' };
  expect(loadConfig({ ...elsewhere, ...files })).toMatchObject(elsewhere);
  expect(complaint({ ...elsewhere, ...files, TURN_DIR: '' })).toMatch(/^TURN_DIR is missing/);
  expect(complaint({ ...elsewhere, ...files, TURN_HOST: '' })).toMatch(/^TURN_HOST is missing/);
  expect(complaint({ ...elsewhere, ...files, TURN_HOST: 'turn' })).toMatch(/^TURN_HOST must be an IPv4/);
  expect(complaint(elsewhere)).toContain('set TLS_CERT or ACME');
});
