import { PASSWORD_MAX, PASSWORD_MIN } from '#protocol/limits';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { comparisonKey } from '#protocol/rules';
import {
  emailProblem,
  normalisePassword,
  passwordProblem,
} from '../../../../server/accounts/account-rules.ts';

describe('comparison keys', () => {
  test('a good name stays good in its compared form, and that form is final', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), (name) => {
        const key = comparisonKey(name);
        expect(comparisonKey(key)).toBe(key);
        expect(comparisonKey(name.normalize('NFD'))).toBe(key);
      }),
    );
  });

  test('full-width, composed and upper-case forms are one name', () => {
    expect(comparisonKey('Ｂｅｎ')).toBe('ben');
    expect(comparisonKey('JÜRGEN')).toBe(comparisonKey('ju\u0308rgen'));
  });
});

describe('email addresses', () => {
  test.each(['a@b.org', 'Ann.B+tag@Example.ORG', 'jürgen@exämple.org', `${'a'.repeat(60)}@b.org`])(
    '%s is good',
    (email) => expect(emailProblem(email)).toBeUndefined(),
  );

  test.each([
    ['', 'required'],
    ['ann', 'not_an_email'],
    ['@b.org', 'not_an_email'],
    ['a@', 'not_an_email'],
    ['a@b@c', 'not_an_email'],
    ['a b@c.org', 'not_an_email'],
    [`${'a'.repeat(250)}@b.org`, 'too_long'],
    ['a@b.org\u0000', 'not_an_email'],
    ['a\u202e@b.org', 'not_an_email'],
    ['a\ud800@b.org', 'not_an_email'],
  ])('%j is %s', (email, problem) => expect(emailProblem(email)).toBe(problem));
});

describe('passwords', () => {
  test.each([
    'a quiet blue harbour',
    'Zq8!mW2#pL',
    'ένα ήσυχο λιμάνι',
    '静かな青い港の夜明けに',
    // The username may be a part of a long one.
    'ann goes to the sea',
  ])('%s is good', (password) => expect(passwordProblem(password, 'ann')).toBeUndefined());

  test.each([
    ['', 'required'],
    ['Zq8!mW2#p', 'too_short'],
    // Nine code points in eighteen UTF-16 units.
    ['😀😁😂😃😄😅😆😇😈', 'too_short'],
    ['Zq8!mW2#pL'.repeat(13), 'too_long'],
    ['1234567890', 'too_common'],
    ['PASSWORD123', 'too_common'],
    ['ｐａｓｓｗｏｒｄ１２３', 'too_common'],
    ['aaaaaaaaaaaa', 'too_common'],
    ['abababababab', 'too_common'],
    ['annabelle12', 'contains_username'],
    ['ANNABELLEannabelle', 'contains_username'],
  ])('%s is %s', (password, problem) => expect(passwordProblem(password, 'annabelle')).toBe(problem));

  test('lengths are counted in code points, to the limits themselves', () => {
    const text = (length: number) =>
      Array.from({ length }, (_, index) => String.fromCodePoint(0x20000 + index)).join('');
    expect(passwordProblem(text(PASSWORD_MIN), 'ann')).toBeUndefined();
    expect(passwordProblem(text(PASSWORD_MAX), 'ann')).toBeUndefined();
    expect(passwordProblem(text(PASSWORD_MIN - 1), 'ann')).toBe('too_short');
    expect(passwordProblem(text(PASSWORD_MAX + 1), 'ann')).toBe('too_long');
  });

  test('composed and decomposed letters are one password', () => {
    expect(normalisePassword('ha\u0308fen')).toBe(normalisePassword('h\u00e4fen'));
  });
});
