import { expect, test } from 'vitest';
import { readCompose } from '../../image/compose.ts';

test.each([
  [{}, 'backups:/backups'],
  [{ BACKUPS: '/mnt/backups' }, '/mnt/backups:/backups'],
])('backups lie in a volume, or where the operator says: %j', async (settings, volume) => {
  const { app } = await readCompose({ DOMAIN: 'call.example.org', ...settings });
  expect(app.volumes).toContain(volume);
});
