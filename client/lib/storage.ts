import { basePath } from './base-path.ts';
import { uuid } from './ids.ts';

/**
 * The name under which the browser keeps something for this page. Another ChatAway may be below another path of the same
 * host, and pages of a host share their storage; hence the path is part of the name. Storage may be switched off or full;
 * nothing here throws, and what cannot be kept is forgotten with the page.
 */
const own = (key: string): string => `chataway${basePath() === '/' ? '' : basePath()}:${key}`;

export function load(key: string): unknown {
  try {
    const text = localStorage.getItem(own(key));
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

export function save(key: string, value: unknown): void {
  try {
    localStorage.setItem(own(key), JSON.stringify(value));
  } catch {
    // Full or forbidden: see above.
  }
}

export function forget(key: string): void {
  try {
    localStorage.removeItem(own(key));
  } catch {
    // Forbidden: then there is nothing to forget either.
  }
}

/** The keys that begin with `start`, without our prefix. */
export function keysOf(start: string): string[] {
  try {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(own(start)))
      .map((key) => key.slice(own('').length));
  } catch {
    return [];
  }
}

/** The same for what only this tab, reloads included, should know. */
export function loadForTab(key: string): unknown {
  try {
    const text = sessionStorage.getItem(own(key));
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

export function saveForTab(key: string, value: unknown): void {
  try {
    sessionStorage.setItem(own(key), JSON.stringify(value));
  } catch {
    // Full or forbidden: see above.
  }
}

const PROBE = 'chataway-probe';

/** Whether this page may keep cookies. Chromium says so in `navigator.cookieEnabled` even where it blocks them. */
export function keepsCookies(): boolean {
  try {
    document.cookie = `${PROBE}=1; samesite=lax; max-age=5`;
    const kept = document.cookie.includes(`${PROBE}=`);
    document.cookie = `${PROBE}=; samesite=lax; max-age=0`;
    return kept;
  } catch {
    return false;
  }
}

/** To the other tabs of this browser, where the browser lets them speak to one another. */
export interface Channel {
  post(data: string): void;
  close(): void;
}

/** Opens a channel; where it is forbidden, nothing is heard on it and nothing goes out. */
export function openChannel(name: string, onMessage: (data: string) => void): Channel {
  try {
    const channel = new BroadcastChannel(own(name));
    channel.onmessage = ({ data }: MessageEvent<string>) => onMessage(data);
    return { post: (data) => channel.postMessage(data), close: () => channel.close() };
  } catch {
    return { post: () => undefined, close: () => undefined };
  }
}

/** The id of this browser profile; it lasts. */
export function deviceId(): string {
  const known = load('device');
  if (typeof known === 'string') return known;
  const made = uuid();
  save('device', made);
  return made;
}

let tab: string | undefined;

/**
 * The id of this tab; it survives a reload. "Duplicate tab" copies the session storage, and two tabs must
 * not share an id (a call is bound to it), so the id lies there only from `pagehide` to the next load.
 */
export function tabId(): string {
  if (tab) return tab;
  try {
    const key = own('tab');
    tab = sessionStorage.getItem(key) ?? uuid();
    sessionStorage.removeItem(key);
    const kept = tab;
    addEventListener('pagehide', () => sessionStorage.setItem(key, kept));
    addEventListener('pageshow', () => sessionStorage.removeItem(key));
  } catch {
    tab ??= uuid();
  }
  return tab;
}
