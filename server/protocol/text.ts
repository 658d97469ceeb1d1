/**
 * The length of a text in Unicode code points: what people type counts alike in every script, and both sides
 * count alike (letters put together from several code points are counted as those).
 */
export function codePoints(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1)
    count += 1;
  return count;
}

/** The first code points of a text; no surrogate pair is cut in two. */
export function firstCodePoints(text: string, count: number): string {
  let index = 0;
  for (let left = count; left > 0 && index < text.length; left--) {
    index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
  }
  return text.slice(0, index);
}

/** Control characters other than tab and line feed (C0 and DEL): what people write has none. */
export const CONTROLS = /[^\P{Cc}\t\n\u0080-\u009f]/gu;
/** Halves of surrogate pairs without the other half, which do not survive UTF-8. */
export const LONE_SURROGATES = /\p{Cs}/gu;

/**
 * What shows nothing by itself: white space, controls and format characters (Unicode's bidi controls and tags among
 * them), characters that are ignored where they are unknown, marks that have no letter, and two symbols that are blank.
 */
const UNSEEN = /[\p{White_Space}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Mn}\p{Me}\u2800\u{1d159}]/gu;

/** Whether a text shows nothing to the one who reads it. */
export function isBlank(text: string): boolean {
  return text.replace(UNSEEN, '') === '';
}

/** What belongs to the character before it: marks, variation selectors, skin tones, and what is joined to it. */
const JOINED = /[\p{M}\p{Emoji_Modifier}\u200d\p{Default_Ignorable_Code_Point}]$/u;

/** The beginning of a text on one line, cut so that no letter loses its marks and no emoji its parts. */
export function excerptOf(text: string, length: number): string {
  const line = text.replace(/\p{White_Space}+/gu, ' ').trim();
  const whole = firstCodePoints(line, length);
  if (whole.length === line.length) return line;
  let cut = whole;
  while (cut !== '' && (JOINED.test(firstCodePoints(line.slice(cut.length), 1)) || cut.endsWith('\u200d'))) {
    cut = cut.replace(/.$/su, '');
  }
  return `${cut === '' ? whole : cut}…`;
}
