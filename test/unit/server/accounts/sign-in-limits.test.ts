import { expect, test } from 'vitest';
import { type Guesser, SignInLimits } from '../../../../server/accounts/sign-in-limits.ts';
import { AppError } from '../../../../server/errors.ts';

const OWNER: Guesser = { account: 'ann', address: '192.0.2.1', deviceKey: 'key', familiarity: 'device' };
const STRANGER: Guesser = { ...OWNER, address: '192.0.2.2', deviceKey: undefined, familiarity: 'stranger' };

test('an account may sign in a hundred times an hour, and others’ guesses take nothing from that', async () => {
  const limits = new SignInLimits({ factor: 1 });
  const guess = () => Promise.reject(new AppError('wrong_credentials', 'No.'));
  for (let number = 0; number < 60; number++)
    await limits.guardSignIn(STRANGER, guess).catch(() => undefined);
  for (let number = 0; number < 100; number++) {
    expect(await limits.guardSignIn(OWNER, () => Promise.resolve('in'))).toBe('in');
  }
  const more = limits.guardSignIn(OWNER, () => Promise.resolve('in'));
  await expect(more).rejects.toMatchObject({ code: 'rate_limited' });
  const other = limits.guardSignIn({ ...OWNER, account: 'ben' }, () => Promise.resolve('in'));
  expect(await other).toBe('in');
});
