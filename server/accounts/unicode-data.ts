import { readFileSync } from 'node:fs';

/** The numbers in each line of a data file. */
function rowsOf(file: string): number[][] {
  return readFileSync(new URL(`./unicode/${file}`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(' ').map((code) => Number.parseInt(code, 16)));
}

const PROTOTYPES: ReadonlyMap<string, string> = new Map(
  rowsOf('confusables.txt').map(([from = 0, ...to]) => [
    String.fromCodePoint(from),
    String.fromCodePoint(...to),
  ]),
);

const ALLOWED: readonly number[][] = rowsOf('allowed.txt');

/** What a character looks like (UTS 39, confusables.txt); itself where nothing else looks like it. */
export const prototypeOf = (character: string) => PROTOTYPES.get(character) ?? character;

/** The characters that look like another one. */
export const confusableCharacters = () => [...PROTOTYPES.keys()];

/**
 * Whether a character is in modern everyday use and suits a name (UTS 39, Identifier_Status=Allowed). Characters that
 * are newer than the data are not: nothing is known of what they look like.
 */
export function isAllowed(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  let low = 0;
  let high = ALLOWED.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [first = 0, last = 0] = ALLOWED[middle] ?? [];
    if (code < first) high = middle - 1;
    else if (code > last) low = middle + 1;
    else return true;
  }
  return false;
}
