import { parseUrl } from './parse-url.ts';

/** Letters of one script; what is written with two of them at once is written to deceive, or rare. */
const LATIN = /^[a-z0-9\u00df-\u0130\u0132-\u017f-]+$/u;
const VIETNAMESE = /^[a-z0-9\u00df-\u0130\u0132-\u017f\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9-]+$/u;
/** Scripts whose letters do not look like those of Latin. Chinese, Japanese and Korean take Latin letters as well. */
const DISTINCT = [
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ーa-z0-9-]+$/u,
  /^[\p{Script=Han}\p{Script=Hangul}a-z0-9-]+$/u,
  /^[\p{Script=Arabic}\p{M}0-9-]+$/u,
  /^[\p{Script=Hebrew}\p{M}0-9-]+$/u,
  /^[\p{Script=Devanagari}\p{M}0-9-]+$/u,
  /^[\p{Script=Bengali}\p{M}0-9-]+$/u,
  /^[\p{Script=Tamil}\p{M}0-9-]+$/u,
  /^[\p{Script=Thai}\p{M}0-9-]+$/u,
];
/** Scripts with letters that look Latin: a name in one of them is trusted below a top-level domain in the same one. */
const SIMILAR = [
  /^[\p{Script=Cyrillic}0-9-]+$/u,
  /^[\p{Script=Greek}0-9-]+$/u,
  /^[\p{Script=Armenian}0-9-]+$/u,
  /^[\p{Script=Georgian}0-9-]+$/u,
];

/** Whether a host in Unicode's letters can be shown as it is, because its letters hardly pass for others. */
function isPlain(host: string): boolean {
  const labels = host.split('.').filter((label) => label !== '');
  const last = labels.at(-1) ?? '';
  return labels.every(
    (label) =>
      LATIN.test(label) ||
      (last === 'vn' && VIETNAMESE.test(label)) ||
      DISTINCT.some((letters) => letters.test(label)) ||
      SIMILAR.some((letters) => letters.test(label) && letters.test(last) && !LATIN.test(last)),
  );
}

/**
 * A host as it is shown: in the letters in which it was written where those are plain, else as it is asked for, which is
 * in Punycode ("xn--…").
 *
 * @param written as it stands in a text, without a port
 * @param asked the host that a URL parser makes of it
 */
export function shownHost(written: string, asked: string): string {
  const host = written.normalize('NFKC').toLowerCase();
  return isPlain(host) && hostOf(host) === asked ? host : asked;
}

/** What a URL parser makes of a host; undefined where it is none. */
export function hostOf(host: string): string | undefined {
  return parseUrl(`http://${host}/`)?.hostname;
}
