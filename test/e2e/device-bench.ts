import type { Page } from 'puppeteer-core';

/** The page's own lists of what is plugged in. */
interface Bench {
  unplugged: Set<string>;
  /** Whether nothing can be opened just now, and how often it was tried. */
  busy: boolean;
  triedWhileBusy: number;
  /** Has the track's listeners hear this event, as the browser does. */
  fire(track: MediaStreamTrack, type: string): void;
}

interface BenchWindow extends Window {
  bench?: Bench;
  watchedMedia?: { tracks: MediaStreamTrack[] };
}

/**
 * Lets a test pull out and plug in the browser's fake devices, which no browser offers: the page's list of devices
 * leaves out what is unplugged, it cannot be opened, and its tracks end, with the events that a browser fires then. To be
 * called before the page opens its devices.
 */
export async function benchFor(page: Page): Promise<void> {
  await page.evaluate(() => {
    // Chromium's second fake camera takes 16-bit depth pictures, which no encoder of a call takes.
    const prototype = MediaStreamTrack.prototype;
    const listen = prototype.addEventListener;
    const listeners = new WeakMap<MediaStreamTrack, [string, EventListenerOrEventListenerObject][]>();
    prototype.addEventListener = function (
      this: MediaStreamTrack,
      type: string,
      listener: EventListenerOrEventListenerObject,
      options?: boolean | AddEventListenerOptions,
    ) {
      listeners.set(this, [...(listeners.get(this) ?? []), [type, listener]]);
      listen.call(this, type, listener, options);
    };
    const bench: Bench = {
      unplugged: new Set(),
      busy: false,
      triedWhileBusy: 0,
      fire(track, type) {
        const event = new Event(type);
        const heard: Event[] = [];
        listen.call(track, type, (one: Event) => heard.push(one), { once: true });
        track.dispatchEvent(event);
        // Firefox's tracks have listeners hear the browser's own events alone.
        if (heard.length > 0) return;
        for (const [of, listener] of listeners.get(track) ?? []) {
          if (of === type && typeof listener === 'function') listener.call(track, event);
        }
      },
    };
    const DEPTH_CAMERA = 'fake_device_1';
    (window as BenchWindow).bench = bench;
    const { mediaDevices } = navigator;
    const list = mediaDevices.enumerateDevices.bind(mediaDevices);
    const open = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.enumerateDevices = async () =>
      (await list())
        .filter(({ label }) => label !== DEPTH_CAMERA)
        .filter(
          ({ groupId, deviceId, kind }) =>
            !bench.unplugged.has(`${kind} ${groupId}`) && !bench.unplugged.has(`${kind} ${deviceId}`),
        );
    mediaDevices.getUserMedia = async (constraints = {}) => {
      const listed = await mediaDevices.enumerateDevices();
      for (const kind of ['audio', 'video'] as const) {
        const wanted = constraints[kind];
        if (!wanted) continue;
        const exact =
          typeof wanted === 'object' && (wanted.deviceId as ConstrainDOMStringParameters | undefined)?.exact;
        const there = listed.some((one) => one.kind === `${kind}input` && (!exact || one.deviceId === exact));
        if (!there) throw new DOMException('It is unplugged.', 'NotFoundError');
      }
      if (bench.busy) {
        bench.triedWhileBusy += 1;
        throw new DOMException('It is not ready.', 'NotReadableError');
      }
      return open(constraints);
    };
  });
}

/** Pulls out the microphone or camera that is open, and returns its label. */
export async function pullOut(page: Page, kind: 'audio' | 'video'): Promise<string> {
  return page.evaluate((kind) => {
    const { bench, watchedMedia } = window as BenchWindow;
    const track = watchedMedia?.tracks.findLast((one) => one.kind === kind && one.readyState === 'live');
    if (!bench || !track) throw new Error(`no ${kind} track is live`);
    const { deviceId = '', groupId = '' } = track.getSettings();
    bench.unplugged.add(`${kind}input ${groupId === '' ? deviceId : groupId}`);
    track.stop();
    bench.fire(track, 'ended');
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
    return track.label;
  }, kind);
}

/** Pulls out a speaker. */
export async function pullOutSpeaker(page: Page, id: string): Promise<void> {
  await page.evaluate((id) => {
    (window as BenchWindow).bench?.unplugged.add(`audiooutput ${id}`);
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
  }, id);
}

/** Plugs in everything again. */
export async function plugIn(page: Page): Promise<void> {
  await page.evaluate(() => {
    (window as BenchWindow).bench?.unplugged.clear();
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
  });
}

/** Plugs in everything again; what is plugged in can be opened a while after the browser has told of it. */
export async function plugInSlowly(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const { bench } = window as BenchWindow;
    if (!bench) throw new Error('the page has no bench');
    bench.busy = true;
    bench.unplugged.clear();
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
    while (bench.triedWhileBusy === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    bench.busy = false;
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
  });
}

/** Has the system mute the microphone or camera that is open, or no longer. */
export async function systemMutes(page: Page, kind: 'audio' | 'video', muted: boolean): Promise<void> {
  await page.evaluate(
    (kind, muted) => {
      const { bench, watchedMedia } = window as BenchWindow;
      const track = watchedMedia?.tracks.findLast((one) => one.kind === kind && one.readyState === 'live');
      if (!track) throw new Error(`no ${kind} track is live`);
      Object.defineProperty(track, 'muted', { configurable: true, value: muted });
      bench?.fire(track, muted ? 'mute' : 'unmute');
    },
    kind,
    muted,
  );
}

/** The label of the microphone or camera that is open; null where none is. */
export async function openLabel(page: Page, kind: 'audio' | 'video'): Promise<string | null> {
  return page.evaluate(
    (kind) =>
      (window as BenchWindow).watchedMedia?.tracks.findLast(
        (one) => one.kind === kind && one.readyState === 'live',
      )?.label ?? null,
    kind,
  );
}
