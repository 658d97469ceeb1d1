/** The blocks of Hebrew, Arabic, Thaana and others that run from right to left. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff]/;
/** "First strong isolate" and "pop directional isolate": what is between them does not move what is around them. */
const FIRST_STRONG_ISOLATE = '\u2068';
const POP_ISOLATE = '\u2069';

/**
 * A name as part of a sentence, a title or a label. In the left-to-right texts of `texts/en` only names with
 * right-to-left letters need the two characters. Where a name or a text is all of an element, `dir="auto"` does the same.
 */
export function isolated(name: string): string {
  return RIGHT_TO_LEFT.test(name) ? `${FIRST_STRONG_ISOLATE}${name}${POP_ISOLATE}` : name;
}
