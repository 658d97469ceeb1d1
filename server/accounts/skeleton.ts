import { prototypeOf } from './unicode-data.ts';

const IGNORED = /\p{Default_Ignorable_Code_Point}/gu;
/** Accents on letters of these scripts are small; in other scripts marks are what a syllable is told apart by. */
const ACCENTED = /([\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Nd}])\p{Mn}+/gu;
/** So often at most a text is mapped again. Every character that a name may have is final after three times. */
const ROUNDS = 5;

/** The skeleton of UTS 39, section 4: texts with one skeleton look alike. */
export function skeleton(text: string): string {
  const characters = Array.from(text.normalize('NFD').replace(IGNORED, ''), prototypeOf);
  return characters.join('').normalize('NFD');
}

/** Unicode's case folding, as far as lower case differs from it: the final sigma. */
const fold = (text: string) => text.toLowerCase().replaceAll('ς', 'σ');

/** Maps letters to what they look like, and capitals to small letters, until nothing changes any more. */
function settle(text: string): string {
  let settled = text;
  for (let round = 0; round < ROUNDS; round++) {
    const next = fold(skeleton(settled).replace(ACCENTED, '$1'));
    if (next === settled) break;
    settled = next;
  }
  return settled;
}

/**
 * The skeletons of a username, one or two; two names look alike where they have one in common.
 *
 * Case makes two of them. A capital "I" looks like a small "l", but names are one whatever their case, so it stands for
 * "i" as well: "aI" looks like both "al" and "ai". One skeleton is of the name as it is written, the other of its lower
 * case form. Accents of Latin, Greek and Cyrillic letters are left out: the one of "anṇ" is lost at the size of a list.
 */
export function skeletonsOf(username: string): string[] {
  const name = username.normalize('NFKC');
  return [...new Set([settle(name), settle(fold(name))])];
}

/** Whether two names look alike. */
export function looksLike(one: string, other: string): boolean {
  const skeletons = skeletonsOf(other);
  return skeletonsOf(one).some((each) => skeletons.includes(each));
}
