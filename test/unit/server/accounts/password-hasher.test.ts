import { describe, expect, test } from 'vitest';
import { AccountService } from '../../../../server/accounts/account-service.ts';
import { PasswordHasher } from '../../../../server/accounts/password-hasher.ts';
import { Registration } from '../../../../server/accounts/registration.ts';
import { SqlAccountRepository } from '../../../../server/db/account-repository.ts';
import { openDatabase } from '../../../../server/db/database.ts';
import { SqlInvitationRepository } from '../../../../server/db/invitation-repository.ts';
import { SqlServerStateRepository } from '../../../../server/db/server-state-repository.ts';
import { temporaryFolder } from '../../../support/folder.ts';

const PASSWORD = 'a quiet blue harbour';
/** Two hundred verifications wait for one another, however slow the machine. */
const PATIENCE_MS = 60_000;

/** The real hasher, which also notes what it was asked to verify against. */
class WatchedHasher extends PasswordHasher {
  readonly verified: (string | undefined)[] = [];

  override verify(passwordHash: string | undefined, password: string): Promise<boolean> {
    this.verified.push(passwordHash);
    return super.verify(passwordHash, password);
  }
}

describe('the hasher', () => {
  const hasher = new PasswordHasher();

  test('is argon2id with 19 MiB, two passes and one lane', async () => {
    expect(await hasher.hash(PASSWORD)).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  test('knows the password again, in any normal form, and no other', async () => {
    const hash = await hasher.hash('ein ruhiger blauer Ha\u0308fen');
    expect(await hasher.verify(hash, 'ein ruhiger blauer H\u00e4fen')).toBe(true);
    expect(await hasher.verify(hash, 'ein ruhiger blauer Hafen')).toBe(false);
  });

  test('lets nobody in by the decoy that stands for an account that is not there', async () => {
    expect(await hasher.verify(undefined, 'no account has this password')).toBe(false);
  });

  test('refuses more than it can do in time', { timeout: PATIENCE_MS }, async () => {
    const busy = new PasswordHasher();
    const work = Array.from({ length: 202 }, () => busy.verify(undefined, PASSWORD));
    expect(() => busy.verify(undefined, PASSWORD)).toThrow(
      expect.objectContaining({ code: 'overloaded' }) as Error,
    );
    expect(await Promise.all(work)).not.toContain(true);
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
    onAdded: () => undefined,
  });
  const form = { username: 'ann', email: 'ann@example.org', password: PASSWORD, passwordRepeat: PASSWORD };
  const { passwordHash } = await accounts.signUp(form);
  const refusal = { code: 'wrong_credentials' };
  await expect(accounts.authenticate({ username: 'ann', password: 'wrong' })).rejects.toMatchObject(refusal);
  await expect(accounts.authenticate({ username: 'ben', password: 'wrong' })).rejects.toMatchObject(refusal);
  expect(hasher.verified).toEqual([passwordHash, undefined]);

  const time = async (username: string) => {
    const times: number[] = [];
    for (let round = 0; round < 9; round++) {
      const start = performance.now();
      await accounts.authenticate({ username, password: 'wrong' }).catch(() => undefined);
      times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b)[4] ?? 0;
  };
  const [known, unknown] = [await time('ann'), await time('ben')];
  // For people to look at: a machine under load makes no good judge.
  console.log(`sign-in, median of 9: ${known.toFixed(1)} ms known, ${unknown.toFixed(1)} ms unknown`);
  await database.destroy();
});
