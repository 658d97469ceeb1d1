import { isAllowed, confusableCharacters } from '../../server/accounts/unicode-data.ts';
import { skeleton } from '../../server/accounts/skeleton.ts';

/** Numbers from 0 to below 1, always the same for a seed (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new Error(`there is nothing at ${index}`);
  return found;
}

/** All assigned characters that match. */
export function characters(pattern: RegExp): string[] {
  const found: string[] = [];
  for (let code = 0; code <= 0x10ffff; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const character = String.fromCodePoint(code);
    if (pattern.test(character) && !/\p{Cn}/u.test(character)) found.push(character);
  }
  return found;
}

export const INVISIBLE = characters(/\p{Default_Ignorable_Code_Point}/u);
export const BIDI = characters(/\p{Bidi_Control}/u);
/** Accents that stand above, below or across a letter of any script. */
export const ACCENTS = characters(/[\u0300-\u036f]/u).filter((one) => !INVISIBLE.includes(one));
export const SPACES = characters(/\p{White_Space}/u);
export const MARKS = characters(/[\p{Mn}\p{Me}]/u);

/** Scripts that take no letters from one another. */
export const SINGLE_SCRIPTS = [
  'Arabic',
  'Armenian',
  'Bengali',
  'Cyrillic',
  'Devanagari',
  'Ethiopic',
  'Georgian',
  'Greek',
  'Gujarati',
  'Hangul',
  'Hebrew',
  'Khmer',
  'Lao',
  'Latin',
  'Malayalam',
  'Myanmar',
  'Sinhala',
  'Tamil',
  'Telugu',
  'Thaana',
  'Thai',
];
const KOREAN = new Set(['Hangul', 'Latin']);
const LETTERS = new Map(
  SINGLE_SCRIPTS.map((name) => {
    const letters = characters(new RegExp(`(?=\\p{L})\\p{Script=${name}}`, 'u')).filter(
      // Letters that stay as they are when a name is normalised.
      (letter) => isAllowed(letter) && letter.normalize('NFKC') === letter,
    );
    return [name, letters];
  }),
);

const HONEST = ['ann', 'ben', 'sophie', 'marlene', 'oliver.k', 'paul_2', 'x-ray', 'josephine'];

/** For each skeleton of a letter, the characters that Unicode says look like it. */
const LOOKALIKES = new Map<string, string[]>();
for (const character of confusableCharacters()) {
  const look = skeleton(character);
  LOOKALIKES.set(look, [...(LOOKALIKES.get(look) ?? []), character]);
}

export interface NameSample {
  kind: 'lookalike' | 'accents' | 'invisible' | 'bidi' | 'pile' | 'no letter' | 'two scripts' | 'honest';
  name: string;
  /** An honest name that this one imitates. */
  beside?: string;
}

/** Usernames made from Unicode's data, of each kind as many as the others. */
export function nameSamples(count: number, seed: number): NameSample[] {
  const random = generator(seed);
  const pick = <T>(list: readonly T[]): T => at(list, Math.floor(random() * list.length));
  const times = (number: number, make: () => string) => Array.from({ length: number }, make).join('');
  const upTo = (number: number) => 1 + Math.floor(random() * number);
  const insert = (name: string, what: string) => {
    const index = Math.floor(random() * (name.length + 1));
    return name.slice(0, index) + what + name.slice(index);
  };

  const make: Record<NameSample['kind'], () => Omit<NameSample, 'kind'>> = {
    lookalike() {
      const name = pick(HONEST);
      const index = Math.floor(random() * name.length);
      const letter = pick([name.charAt(index), name.charAt(index).toUpperCase()]);
      const having = (other: string) => name.slice(0, index) + other + name.slice(index + 1);
      const candidates = LOOKALIKES.get(skeleton(letter)) ?? [];
      return candidates.length > 0
        ? { beside: having(letter), name: having(pick(candidates)) }
        : make.lookalike();
    },
    accents() {
      const beside = pick(HONEST);
      return { beside, name: beside.replace(/(?<=[a-z])/, () => times(upTo(2), () => pick(ACCENTS))) };
    },
    invisible() {
      const beside = pick(HONEST);
      return { beside, name: insert(beside, pick(INVISIBLE)) };
    },
    bidi() {
      const beside = pick(HONEST);
      return { beside, name: insert(beside, pick(BIDI)) };
    },
    pile: () => ({ name: pick(HONEST) + times(5 + upTo(20), () => pick(ACCENTS)) }),
    'no letter': () => ({ name: times(2 + upTo(20), () => pick(['.', '_', '-', pick(ACCENTS)])) }),
    'two scripts'() {
      const [one, other] = [pick(SINGLE_SCRIPTS), pick(SINGLE_SCRIPTS)];
      // Korean takes Latin letters.
      const together = one === other || (KOREAN.has(one) && KOREAN.has(other));
      if (together) return make['two scripts']();
      const word = (script: string) => times(1 + upTo(6), () => pick(LETTERS.get(script) ?? []));
      return { name: word(one) + word(other) };
    },
    honest() {
      const letters = LETTERS.get(pick(SINGLE_SCRIPTS)) ?? [];
      return { name: times(4 + upTo(16), () => pick(letters)) };
    },
  };
  const kinds = Object.keys(make) as NameSample['kind'][];
  return Array.from({ length: count }, (_, index) => {
    const kind = at(kinds, index % kinds.length);
    return { kind, ...make[kind]() };
  });
}

export interface MessageSample {
  text: string;
  /** Whether there is anything to see in it. */
  visible: boolean;
}

/** Emoji of several code points, among them some that no font has: each shows something. */
const EMOJI = [
  '👍',
  '👩‍👩‍👧‍👦',
  '🏳️‍🌈',
  '🇦🇹',
  '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}',
  '1️⃣',
  '#️⃣',
  '✊🏿',
  '❤️',
  '☺',
];
const VISIBLE = characters(/[\p{L}\p{N}\p{P}\p{S}]/u).filter(
  (one) => !INVISIBLE.includes(one) && one !== '\u2800' && one !== '\u{1d159}',
);
const BLANK = [
  ...INVISIBLE,
  ...BIDI,
  ...SPACES,
  ...MARKS,
  '\u2800',
  '\u3164',
  '\u115f',
  '\uffa0',
  '\u{1d159}',
].filter(
  // Control characters are refused for themselves.
  (one) => one === '\n' || one === '\t' || !/\p{Cc}/u.test(one),
);

/** Messages made from Unicode's data, every other one without anything to see. */
export function messageSamples(count: number, seed: number): MessageSample[] {
  const random = generator(seed);
  const pick = (list: readonly string[]) => at(list, Math.floor(random() * list.length));
  const noise = () => Array.from({ length: Math.floor(random() * 20) }, () => pick(BLANK)).join('');
  return Array.from({ length: count }, (_, index) => {
    if (index % 2 === 0) return { text: pick(BLANK) + noise(), visible: false };
    return { text: noise() + pick(random() < 0.3 ? EMOJI : VISIBLE) + noise(), visible: true };
  });
}
