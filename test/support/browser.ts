import puppeteer, { type Browser } from 'puppeteer-core';

/** As a test runs alone, a browser's own errands would only disturb it; no device or person is there to ask. */
const CHROMIUM_ARGS = [
  // Everything here runs as root now and then, where Chromium's sandbox refuses to.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A menu of the browser's own: each window would have a page for it, which takes half a core.
  '--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup',
  '--use-fake-ui-for-media-stream',
  '--allow-loopback-in-peer-connection',
  '--window-size=1280,800',
];

/** A green picture with a clock, and a beep a second. */
const FAKE_DEVICES = '--use-fake-device-for-media-stream';

const FIREFOX_PREFERENCES = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.peerconnection.ice.loopback': true,
  // A pulsing button, drawn without a graphics card, kept it from answering us for half a minute.
  'ui.prefersReducedMotion': 1,
};

export interface BrowserOptions {
  /** The profile's folder; the default is a new, empty one that goes with the browser. */
  readonly profile?: string;
  /** More arguments for the browser. */
  readonly args?: readonly string[];
  /** Whether pages may keep cookies and anything else; in Firefox only, Chromium takes it from its profile. */
  readonly cookies?: boolean;
}

export interface ChromiumOptions extends BrowserOptions {
  /** Whether there are a fake camera and microphone; without them there is what the machine has. */
  readonly devices?: boolean;
  /** A command that runs the browser, for example `['ip', 'netns', 'exec', 'client']`. */
  readonly prefix?: readonly string[];
}

/**
 * A Chromium without a window, with a fake camera and microphone. It is driven through a pipe, so that it may
 * live in a network of its own. One browser a person: the picture of a page in the background stands still.
 */
export async function launchChromium({
  profile,
  args = [],
  prefix = [],
  devices = true,
}: ChromiumOptions = {}): Promise<Browser> {
  const defaults = puppeteer.defaultArgs({
    headless: true,
    args: [...CHROMIUM_ARGS, ...(devices ? [FAKE_DEVICES] : []), ...args],
    ...(profile !== undefined && { userDataDir: profile }),
  });
  return puppeteer.launch({
    browser: 'chrome',
    // env(1) finds the prefix's program, if there is one, on PATH, and makes way for it.
    executablePath: '/usr/bin/env',
    ignoreDefaultArgs: true,
    args: [...prefix, programOf('CHROMIUM_BIN', 'chromium'), ...defaults],
    pipe: true,
    defaultViewport: null,
  });
}

/**
 * A Firefox without a window, with a fake camera and microphone, driven by WebDriver BiDi. It has no H.264. On a
 * machine with a network it offers its media that network's address and not the loopback: the server must announce
 * the machine's own addresses, as it does by default, and not 127.0.0.1 alone.
 */
export async function launchFirefox({
  profile,
  args = [],
  cookies = true,
}: BrowserOptions = {}): Promise<Browser> {
  return puppeteer.launch({
    browser: 'firefox',
    executablePath: programOf('FIREFOX_BIN', '/usr/bin/firefox-esr'),
    headless: true,
    args: ['--width=1280', '--height=800', ...args],
    extraPrefsFirefox: { ...FIREFOX_PREFERENCES, ...(!cookies && { 'network.cookie.cookieBehavior': 2 }) },
    defaultViewport: null,
    ...(profile !== undefined && { userDataDir: profile }),
  });
}

/** `npm test` finds the browsers and names them in the environment; whoever calls vitest may leave that out. */
function programOf(variable: string, usual: string): string {
  const given = process.env[variable];
  return given === undefined || given === '' ? usual : given;
}
