import { USERNAME_MAX } from '#protocol/limits';
import { describe, expect, test } from 'vitest';
import { looksLike, skeletonsOf } from '../../../../server/accounts/skeleton.ts';
import { isAllowed } from '../../../../server/accounts/unicode-data.ts';
import { usernameProblem } from '../../../../server/accounts/username-rules.ts';
import { characters, nameSamples } from '../../../support/unicode-samples.ts';

const problem = (name: string) => usernameProblem(name, 'oneself');

describe('usernames', () => {
  test.each([
    'ann',
    'Ann_B.-9',
    'Jürgen',
    'Øyvind',
    'Łukasz',
    'Ольга',
    'Ελένη',
    'مريم',
    'שרה',
    '山田太郎',
    'たろう',
    'タロー',
    '山田たろうKen',
    '김민준',
    'kim민준',
    '王小明',
    'ㄅㄆㄇㄈ',
    'ओमप्रकाश',
    'हिन्दी',
    'தமிழ்',
    'สมชาย',
    'မောင်မောင်',
    'ភាសាខ្មែរ',
    'Nguyễn',
    'Thị_Hường',
    'Trần.Đức',
    '𝒜𝓃𝓃',
    '２０２６',
    'a'.repeat(USERNAME_MAX),
  ])('%s is good', (name) => expect(problem(name)).toBeUndefined());

  test.each([
    ['', 'required'],
    ['ab', 'too_short'],
    // Two code points outside the basic plane are four UTF-16 units, and too short all the same.
    ['𠀀𠀁', 'too_short'],
    ['a'.repeat(USERNAME_MAX + 1), 'too_long'],
    ['a b c', 'bad_characters'],
    ['a@b.c', 'bad_characters'],
    ['<b>bold</b>', 'bad_characters'],
    ['ann\u0000', 'bad_characters'],
    ['ann\u200b', 'bad_characters'],
    ['alice\ufe0f', 'bad_characters'],
    ['alice\u034f', 'bad_characters'],
    ['\u3164\u3164\u3164', 'bad_characters'],
    ['ann\u202e', 'bad_characters'],
    ['ann\ud800', 'bad_characters'],
    ['😀😀😀', 'bad_characters'],
    // Lisu, Cherokee, Coptic and small Cherokee: scripts that are not in everyday use.
    ['ꓮnn', 'bad_characters'],
    ['Ꭺnn', 'bad_characters'],
    ['ⲁnn', 'bad_characters'],
    ['ꭺdmin', 'bad_characters'],
    // A letter of the phonetic alphabet.
    ['ɑnn', 'bad_characters'],
    ['աnn', 'mixed_scripts'],
    // Cyrillic "а" in a Latin name, and Greek "ο".
    ['pаypal', 'mixed_scripts'],
    ['ann\u03bf', 'mixed_scripts'],
    ['김たろう', 'mixed_scripts'],
    // European and Arabic digits.
    ['مريم1\u0661', 'mixed_scripts'],
    ['...', 'no_letter'],
    ['____', 'no_letter'],
    ['_-.', 'no_letter'],
    ['\u0301\u0302\u0303', 'bad_marks'],
    ['\u0301ann', 'bad_marks'],
    ['a_\u0301b', 'bad_marks'],
    [`b\u0301\u0302\u0303\u0304\u0306`, 'bad_marks'],
    ['bx\u0302\u0302', 'bad_marks'],
    ['admin', 'reserved'],
    ['Admin', 'reserved'],
    ['ADMIN', 'reserved'],
    ['adm1n', 'reserved'],
    ['_ad-min_', 'reserved'],
    ['admin2', 'reserved'],
    ['r00t', 'reserved'],
    ['root', 'reserved'],
    ['support', 'reserved'],
    ['súpport', 'reserved'],
    ['system', 'reserved'],
    ['ChatAway', 'reserved'],
    ['everyone', 'reserved'],
    ['deleted-12345678', 'reserved'],
    ['de1eted_ab', 'reserved'],
  ])('%j is %s', (name, expected) => expect(problem(name)).toBe(expected));

  test('an admin may give a reserved name, but not the one of a deleted account', () => {
    expect(usernameProblem('support', 'admin')).toBeUndefined();
    expect(usernameProblem('deleted-12345678', 'admin')).toBe('reserved');
    expect(usernameProblem('Ꭺnn', 'admin')).toBe('bad_characters');
  });

  test('every allowed letter is of a script that a name may have, and every digit of one system', () => {
    // The thousands of Han and Hangul letters are alike in this.
    const letters = characters(/(?!\p{Script=Han}|\p{Script=Hangul})\p{L}/u).filter(isAllowed);
    expect(letters.length).toBeGreaterThan(3_000);
    expect(letters.filter((letter) => problem(letter.repeat(3)) === 'mixed_scripts')).toEqual([]);
    const digits = characters(/\p{Nd}/u).filter(isAllowed);
    const systems = new Set(digits.map((digit) => (digit.codePointAt(0) ?? 0) >> 4));
    expect(digits).toHaveLength(systems.size * 10);
  });
});

describe('names that look alike', () => {
  test.each([
    ['ann', 'ꓮnn'],
    ['ann', 'Ꭺnn'],
    ['ann', 'ɑnn'],
    ['ann', 'anṇ'],
    ['ann', 'ańn'],
    ['ann', 'ΑΝΝ'],
    ['Müller', 'muller'],
    ['øyvind', 'oyvind'],
    ['al.smith', 'aI.smith'],
    ['al.smith', 'a1.smith'],
    ['ai.smith', 'aI.smith'],
    ['b0b', 'bob'],
    ['B0B', 'bob'],
    ['PAUL', 'pauI'],
    ['modern', 'modem'],
    ['сосо', 'coco'],
    ['أحمد', 'احمد'],
  ])('%s and %s', (one, other) => {
    expect(looksLike(one, other)).toBe(true);
    expect(looksLike(other, one)).toBe(true);
  });

  test.each([
    ['ann', 'anna'],
    ['al.smith', 'ai.smith'],
    ['ann1', 'ann2'],
    ['한국', '한굴'],
    ['तिल', 'तेल'],
    ['かき', 'かぎ'],
    ['Ольга', 'Олена'],
  ])('%s and %s do not', (one, other) => expect(looksLike(one, other)).toBe(false));

  test('every character that a name may have is final after its skeleton was taken', () => {
    const allowed = characters(/(?!\p{Script=Han}|\p{Script=Hangul})[\p{L}\p{Nd}]/u).filter(isAllowed);
    const open = allowed.filter((character) =>
      skeletonsOf(character).some((each) => !skeletonsOf(each).includes(each)),
    );
    expect(open).toEqual([]);
  });
});

describe('1,000 names made from Unicode’s data', () => {
  const samples = nameSamples(1_000, 39);
  const of = (...kinds: string[]) => samples.filter(({ kind }) => kinds.includes(kind));

  test('one that imitates another is refused for its characters, or as looking alike', () => {
    const accepted = of('lookalike', 'accents', 'invisible', 'bidi').filter(
      ({ name, beside = '' }) => problem(name) === undefined && !looksLike(name, beside),
    );
    expect(accepted).toEqual([]);
  });

  test('one with piled accents, without a letter, or of two scripts is refused', () => {
    const refused = of('pile', 'no letter', 'two scripts');
    expect(refused.filter(({ name }) => problem(name) === undefined)).toEqual([]);
  });

  test('one of letters of one script is accepted', () => {
    expect(of('honest').map(({ name }) => [name, problem(name)])).toEqual(
      of('honest').map(({ name }) => [name, undefined]),
    );
  });
});
