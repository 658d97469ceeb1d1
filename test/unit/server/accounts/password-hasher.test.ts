import { describe, expect, test } from 'vitest';
import { AccountService } from '../../../../server/accounts/account-service.ts';
import type { Turn } from '../../../../server/accounts/hash-queue.ts';
import { KnownDevices } from '../../../../server/accounts/known-devices.ts';
import { PasswordHasher } from '../../../../server/accounts/password-hasher.ts';
import { Registration } from '../../../../server/accounts/registration.ts';
import { SqlAccountRepository } from '../../../../server/db/account-repository.ts';
import { openDatabase } from '../../../../server/db/database.ts';
import { SignInLimits } from '../../../../server/accounts/sign-in-limits.ts';
import { SqlInvitationRepository } from '../../../../server/db/invitation-repository.ts';
import { SqlKnownDeviceRepository } from '../../../../server/db/known-device-repository.ts';
import { SqlServerStateRepository } from '../../../../server/db/server-state-repository.ts';
import { FactBus } from '../../../../server/fact-bus.ts';
import { createLogger } from '../../../../server/logger.ts';
import { temporaryFolder } from '../../../support/folder.ts';

const PASSWORD = 'a quiet blue harbour';
const TURN: Turn = { lane: 'a network', familiar: false };
const CLIENT = { address: '203.0.113.1', deviceKey: undefined };

/** The real hasher, which also notes what it was asked to verify against. */
class WatchedHasher extends PasswordHasher {
  readonly verified: (string | undefined)[] = [];

  override verify(passwordHash: string | undefined, password: string, turn: Turn): Promise<boolean> {
    this.verified.push(passwordHash);
    return super.verify(passwordHash, password, turn);
  }
}

describe('the hasher', () => {
  const hasher = new PasswordHasher();

  test('is argon2id with 19 MiB, two passes and one lane', async () => {
    expect(await hasher.hash(PASSWORD, TURN)).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  test('knows the password again, in any normal form, and no other', async () => {
    const hash = await hasher.hash('ein ruhiger blauer Ha\u0308fen', TURN);
    expect(await hasher.verify(hash, 'ein ruhiger blauer H\u00e4fen', TURN)).toBe(true);
    expect(await hasher.verify(hash, 'ein ruhiger blauer Hafen', TURN)).toBe(false);
  });

  test('lets nobody in by the decoy that stands for an account that is not there', async () => {
    expect(await hasher.verify(undefined, 'no account has this password', TURN)).toBe(false);
  });
});

test('signing in does the same work whether the account exists or not', async () => {
  await using folder = await temporaryFolder();
  const database = await openDatabase(folder.path);
  const hasher = new WatchedHasher();
  const accounts = new AccountService({
    accounts: new SqlAccountRepository(database),
    registration: new Registration({
      state: new SqlServerStateRepository(database),
      initial: 'open',
      invitations: new SqlInvitationRepository(database),
    }),
    hasher,
    devices: new KnownDevices({ devices: new SqlKnownDeviceRepository(database) }),
    limits: new SignInLimits({ factor: 1_000 }),
    facts: new FactBus({ logger: createLogger('silent') }),
  });
  const form = { username: 'ann', email: 'ann@example.org', password: PASSWORD, passwordRepeat: PASSWORD };
  const { passwordHash } = await accounts.signUp(form, CLIENT);
  const refusal = { code: 'wrong_credentials' };
  await expect(accounts.authenticate({ username: 'ann', password: 'wrong' }, CLIENT)).rejects.toMatchObject(
    refusal,
  );
  await expect(accounts.authenticate({ username: 'ben', password: 'wrong' }, CLIENT)).rejects.toMatchObject(
    refusal,
  );
  expect(hasher.verified).toEqual([passwordHash, undefined]);

  const time = async (username: string) => {
    const times: number[] = [];
    for (let round = 0; round < 9; round++) {
      const start = performance.now();
      await accounts.authenticate({ username, password: 'wrong' }, CLIENT).catch(() => undefined);
      times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b)[4] ?? 0;
  };
  const [known, unknown] = [await time('ann'), await time('ben')];
  // For people to look at: a machine under load makes no good judge.
  console.log(`sign-in, median of 9: ${known.toFixed(1)} ms known, ${unknown.toFixed(1)} ms unknown`);
  await database.destroy();
});
