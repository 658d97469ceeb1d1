export type Browser = 'chrome' | 'firefox' | 'safari' | 'other';

/** Which browser this is: only for words about its menus, never for what the code does. */
export function browserOf(userAgent: string): Browser {
  if (/Firefox\/|FxiOS/.test(userAgent)) return 'firefox';
  if (/Chrome\/|CriOS|Chromium/.test(userAgent)) return 'chrome';
  return userAgent.includes('Safari/') ? 'safari' : 'other';
}

const NAMES: readonly [RegExp, string][] = [
  [/Edg(e|A|iOS)?\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\/|FxiOS/, 'Firefox'],
  [/Chrome\/|CriOS|Chromium/, 'Chrome'],
  [/Safari\//, 'Safari'],
];

const SYSTEMS: readonly [RegExp, string][] = [
  [/iPhone|iPod/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/CrOS/, 'ChromeOS'],
  [/Linux/, 'Linux'],
];

/** Names of browser and system, null where the user agent does not say. */
export function describeUserAgent(userAgent: string): { browser: string | null; system: string | null } {
  const find = (list: readonly [RegExp, string][]) =>
    list.find(([test]) => test.test(userAgent))?.[1] ?? null;
  return { browser: find(NAMES), system: find(SYSTEMS) };
}
