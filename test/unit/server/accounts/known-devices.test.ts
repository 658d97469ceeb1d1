import { expect, test } from 'vitest';
import { KnownDevices } from '../../../../server/accounts/known-devices.ts';
import { openDatabase } from '../../../../server/db/database.ts';
import { SqlKnownDeviceRepository } from '../../../../server/db/known-device-repository.ts';
import { temporaryFolder } from '../../../support/folder.ts';

test('the networks of an account’s latest hundred sessions are known, and no older ones', async () => {
  await using folder = await temporaryFolder();
  const database = await openDatabase(folder.path);
  const account = { username: 'ann', username_key: 'ann', email: '', email_key: '', role: 'member' };
  await database('accounts').insert({ id: 'ann', ...account, password_hash: '', created_at: 0 });
  const times = { created_at: 0, last_seen_at: 0, expires_at: Date.now() };
  const sessions = Array.from({ length: 101 }, (_, number) => ({
    key_hash: `key ${number}`,
    id: `id ${number}`,
    account_id: 'ann',
    user_agent: '',
    address: `192.0.2.${number}`,
    ...times,
  }));
  await database.batchInsert('sessions', sessions, 50);

  const known = new KnownDevices({ devices: new SqlKnownDeviceRepository(database) });
  const familiarity = (address: string) => known.familiarity('ann', { address, deviceKey: undefined });
  expect(await familiarity('192.0.2.0')).toBe('stranger');
  expect(await familiarity('192.0.2.1')).toBe('network');
  expect(await familiarity('192.0.2.100')).toBe('network');
  await database.destroy();
});
