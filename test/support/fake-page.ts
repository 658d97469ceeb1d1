import { vi } from 'vitest';

/*
 * The few things of a browser's page that the client's plain modules use, for tests that run in Node. Import it before
 * them.
 */

/** A track without media; `end` is what a device does that goes away. */
export class FakeTrack extends EventTarget implements MediaStreamTrack {
  contentHint = '';
  enabled = true;
  readonly id = crypto.randomUUID();
  readonly kind: 'audio' | 'video';
  readonly label = '';
  muted = false;
  onended = null;
  onmute = null;
  onunmute = null;
  readyState: MediaStreamTrackState = 'live';

  constructor(kind: 'audio' | 'video') {
    super();
    this.kind = kind;
  }

  end(): void {
    this.readyState = 'ended';
    this.dispatchEvent(new Event('ended'));
  }

  stop(): void {
    this.readyState = 'ended';
  }

  clone(): FakeTrack {
    return new FakeTrack(this.kind);
  }

  applyConstraints(): Promise<void> {
    return Promise.resolve();
  }

  getCapabilities(): MediaTrackCapabilities {
    return {};
  }

  getConstraints(): MediaTrackConstraints {
    return {};
  }

  getSettings(): MediaTrackSettings {
    return {};
  }
}

class FakeStream {
  readonly #tracks: readonly MediaStreamTrack[];

  constructor(tracks: readonly MediaStreamTrack[]) {
    this.#tracks = tracks;
  }

  getTracks(): readonly MediaStreamTrack[] {
    return this.#tracks;
  }
}

class FakeStorage {
  readonly #items = new Map<string, string>();

  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.#items.set(key, value);
  }

  removeItem(key: string): void {
    this.#items.delete(key);
  }
}

const page = new EventTarget();

/** What the page has reported as its own mistakes, since it was last emptied. */
export const reported: unknown[] = [];

vi.stubGlobal(
  'document',
  Object.assign(new EventTarget(), { baseURI: 'https://chat.example/', visibilityState: 'visible' }),
);
vi.stubGlobal('location', new URL('https://chat.example/'));
vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
vi.stubGlobal('dispatchEvent', page.dispatchEvent.bind(page));
vi.stubGlobal('reportError', (error: unknown) => reported.push(error));
vi.stubGlobal('sessionStorage', new FakeStorage());
vi.stubGlobal('localStorage', new FakeStorage());
vi.stubGlobal('MediaStream', FakeStream);
vi.stubGlobal('RTCPeerConnection', EventTarget);
// Calls go on without devices: browsers hand out none over plain HTTP.
vi.stubGlobal('isSecureContext', false);
