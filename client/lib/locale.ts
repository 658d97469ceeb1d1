/**
 * The locale of dates and numbers: the language of the page's words, in the person's own variant of it where their
 * browser names one. A page in English says "Today" also in a German browser, and "30 November" in a British one.
 */
export function localeOf(pageLanguage: string, preferred: readonly string[]): string {
  const language = languageOf(pageLanguage);
  return preferred.find((one) => languageOf(one) === language) ?? pageLanguage;
}

const languageOf = (tag: string) => tag.split('-')[0];

/** Undefined outside a page, which is the system's locale. */
export const pageLocale =
  typeof document === 'undefined' ? undefined : localeOf(document.documentElement.lang, navigator.languages);
