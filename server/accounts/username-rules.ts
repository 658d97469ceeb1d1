import type { FieldProblem } from '#protocol/errors';
import { USERNAME_MAX, USERNAME_MIN } from '#protocol/limits';
import { codePoints } from '#protocol/text';
import { isReserved, looksDeleted } from './reserved-names.ts';
import { isAllowed } from './unicode-data.ts';

/** Letters and digits of any script, and `_.-`. */
const CHARACTERS = /^[\p{L}\p{M}\p{Nd}_.-]+$/u;
const LETTER_OR_DIGIT = /[\p{L}\p{Nd}]/u;
/** A mark at the start of the name, or on something other than a letter. */
const MARK_WITHOUT_LETTER = /(?:^|[^\p{L}\p{M}])\p{M}/u;
/** UTS 39, section 5.4: more than four nonspacing marks in a row, or one of them twice in a row. */
const MARKS_PILED = /\p{Mn}{5}|(\p{Mn})\1/u;

/** The scripts in everyday use today (UAX 31, Table 5); no other has characters with Identifier_Status=Allowed. */
const SCRIPTS = [
  'Arabic',
  'Armenian',
  'Bengali',
  'Bopomofo',
  'Cyrillic',
  'Devanagari',
  'Ethiopic',
  'Georgian',
  'Greek',
  'Gujarati',
  'Gurmukhi',
  'Han',
  'Hangul',
  'Hebrew',
  'Hiragana',
  'Kannada',
  'Katakana',
  'Khmer',
  'Lao',
  'Latin',
  'Malayalam',
  'Myanmar',
  'Oriya',
  'Sinhala',
  'Tamil',
  'Telugu',
  'Thaana',
  'Thai',
  'Tibetan',
].map((name) => ({ name, has: new RegExp(`\\p{Script_Extensions=${name}}`, 'u') }));
const OF_ANY_SCRIPT = /\p{Script_Extensions=Common}|\p{Script_Extensions=Inherited}/u;
/** What is written together, with Latin letters or without (UTS 39, section 5.2, "Highly Restrictive"). */
const WRITTEN_TOGETHER = [
  ['Han', 'Hiragana', 'Katakana', 'Latin'],
  ['Han', 'Bopomofo', 'Latin'],
  ['Han', 'Hangul', 'Latin'],
];

/** What is wrong with the characters of a new username, if anything. */
function characterProblem(name: string): FieldProblem | undefined {
  if (!CHARACTERS.test(name) || !Array.from(name).every(isAllowed)) return 'bad_characters';
  const decomposed = name.normalize('NFD');
  if (MARK_WITHOUT_LETTER.test(decomposed) || MARKS_PILED.test(decomposed)) return 'bad_marks';
  if (!LETTER_OR_DIGIT.test(name)) return 'no_letter';
  if (!isHighlyRestrictive(name) || mixesDigits(name)) return 'mixed_scripts';
  return undefined;
}

/** UTS 39, section 5.2: all of one script, or of scripts that are written together. */
function isHighlyRestrictive(name: string): boolean {
  const scripts = Array.from(name)
    .filter((character) => !OF_ANY_SCRIPT.test(character))
    .map((character) => SCRIPTS.filter(({ has }) => has.test(character)).map((script) => script.name));
  const allAreIn = (together: readonly string[]) =>
    scripts.every((ones) => ones.some((one) => together.includes(one)));
  return SCRIPTS.some((script) => allAreIn([script.name])) || WRITTEN_TOGETHER.some(allAreIn);
}

/** UTS 39, section 5.3: whether it has digits of two systems. Those of one differ in the last four bits only. */
function mixesDigits(name: string): boolean {
  const systems = (name.match(/\p{Nd}/gu) ?? []).map((digit) => (digit.codePointAt(0) ?? 0) >> 4);
  return new Set(systems).size > 1;
}

/**
 * What is wrong with a new username, if anything. Whether it is taken, or looks like somebody's, only the database
 * knows. Names that seem to speak for the server are for admins to give.
 */
export function usernameProblem(username: string, givenBy: 'oneself' | 'admin'): FieldProblem | undefined {
  const name = username.normalize('NFKC');
  if (name === '') return 'required';
  if (codePoints(name) < USERNAME_MIN) return 'too_short';
  if (codePoints(name) > USERNAME_MAX) return 'too_long';
  const problem = characterProblem(name);
  if (problem !== undefined) return problem;
  return looksDeleted(name) || (givenBy === 'oneself' && isReserved(name)) ? 'reserved' : undefined;
}
