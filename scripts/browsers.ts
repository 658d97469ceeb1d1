import { ensurePackages, findProgram, hasApt } from './support/apt.ts';
import { type Say, SetupError } from './support/setup-error.ts';

export interface Browsers {
  readonly chromium: string;
  readonly firefox: string;
}

interface Kind {
  readonly title: string;
  /** The variable that names the browser's program. */
  readonly variable: string;
  /** Its usual names on PATH, the preferred one first. */
  readonly names: readonly string[];
  /** Its package in Debian. */
  readonly debian: string;
}

const CHROMIUM: Kind = {
  title: 'Chromium',
  variable: 'CHROMIUM_BIN',
  names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  debian: 'chromium',
};

const FIREFOX: Kind = {
  title: 'Firefox',
  variable: 'FIREFOX_BIN',
  names: ['firefox-esr', 'firefox'],
  debian: 'firefox-esr',
};

/**
 * The browsers that the tests drive: those that the environment names, else
 * those on PATH, else Debian's, installed as root. Throws a SetupError where
 * one is not to be had.
 */
export async function ensureBrowsers(say: Say): Promise<Browsers> {
  return { chromium: await ensure(CHROMIUM, say), firefox: await ensure(FIREFOX, say) };
}

async function ensure(kind: Kind, say: Say): Promise<string> {
  const given = process.env[kind.variable];
  if (given) return given;

  const found = await findFirst(kind.names);
  if (found) return found;

  if (await hasApt()) {
    await ensurePackages([kind.debian], `The tests drive ${kind.title}, which`, say);
    const installed = await findFirst(kind.names);
    if (installed) return installed;
  }
  throw new SetupError(
    `The tests drive ${kind.title}, which was not found: install it, or set ${kind.variable} to its program.`,
  );
}

async function findFirst(names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const path = await findProgram(name);
    if (path) return path;
  }
  return undefined;
}
