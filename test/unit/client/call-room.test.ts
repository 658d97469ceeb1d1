import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import '../../support/fake-page.ts';
import { callStatus } from '../../../client/lib/call-status.ts';
import { CallClock } from '../../../client/state/call-clock.svelte.ts';
import { IdleBar } from '../../../client/state/idle-bar.svelte.ts';
import { RemoteSound } from '../../../client/state/remote-sound.svelte.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test.each([
  ['calling', 'calling', 'disconnected'],
  ['ringing', 'ringing', 'disconnected'],
  ['connecting', 'connecting', 'reconnecting'],
  ['active', null, 'reconnecting'],
  ['reconnecting', 'reconnecting', 'reconnecting'],
] as const)('what is said of a call that is %s, with a connection and without', (phase, online, offline) => {
  expect(callStatus(phase, true)).toBe(online);
  expect(callStatus(phase, false)).toBe(offline);
});

describe('the clock', () => {
  test('goes by the server’s time, second by second, while it runs', () => {
    const ahead = 5_000;
    const clock = new CallClock(() => Date.now() + ahead);
    const answered = Date.now() + ahead;
    vi.advanceTimersByTime(2_000);
    expect(clock.since(answered)).toBe(0);
    const stop = clock.run();
    // It does not wait for the first second to be right.
    expect(clock.since(answered)).toBe(2_000);
    vi.advanceTimersByTime(2_500);
    expect(clock.since(answered)).toBe(4_000);
    stop();
    vi.advanceTimersByTime(5_000);
    expect(clock.since(answered)).toBe(4_000);
  });
});

describe('the bar', () => {
  let picture: boolean;
  let bar: IdleBar;

  beforeEach(() => {
    picture = true;
    bar = new IdleBar(() => picture);
  });
  afterEach(() => bar.close());

  /** A tap, or a click: whether what lies below the pointer hears of it. */
  function press(pointerType: string): boolean {
    const event = { preventDefault: vi.fn(), stopPropagation: vi.fn() };
    bar.touch({ pointerType });
    bar.click(event);
    expect(event.stopPropagation.mock.calls).toEqual(event.preventDefault.mock.calls);
    return event.preventDefault.mock.calls.length === 0;
  }

  test('hides after 4 s without a sign of life, and comes back with one', () => {
    vi.advanceTimersByTime(3_900);
    bar.stir();
    vi.advanceTimersByTime(3_900);
    expect(bar.hidden).toBe(false);
    vi.advanceTimersByTime(200);
    expect(bar.hidden).toBe(true);
    bar.stir();
    expect(bar.hidden).toBe(false);
  });

  test('stays where there is no picture to watch, and hides at once when there is', () => {
    picture = false;
    vi.advanceTimersByTime(10_000);
    expect(bar.hidden).toBe(false);
    picture = true;
    expect(bar.hidden).toBe(true);
  });

  test('comes back by a tap, which presses nothing; the next one does', () => {
    vi.advanceTimersByTime(5_000);
    expect(press('touch')).toBe(false);
    expect(bar.hidden).toBe(false);
    expect(press('touch')).toBe(true);
  });

  test('a tap that brought it back takes nothing from the keyboard', () => {
    vi.advanceTimersByTime(5_000);
    expect(press('touch')).toBe(false);
    const event = { preventDefault: vi.fn(), stopPropagation: vi.fn() };
    bar.click(event);
    expect(event.preventDefault).not.toHaveBeenCalled();
  });

  test('is there for a mouse, whose click counts', () => {
    vi.advanceTimersByTime(5_000);
    expect(press('mouse')).toBe(true);
  });

  test('a tap that becomes no click takes none from a later one', () => {
    vi.advanceTimersByTime(5_000);
    bar.touch({ pointerType: 'touch' });
    expect(press('touch')).toBe(true);
  });
});

describe('the other’s voice', () => {
  /** What a browser answers that wants a click first. */
  const refusal = () => new DOMException('play() wants a gesture', 'NotAllowedError');

  function player(play: () => Promise<void>) {
    return Object.assign(new EventTarget(), { srcObject: null, sinkId: '', play: vi.fn(play) });
  }

  async function hear(element: ReturnType<typeof player>, stream: MediaStream | null): Promise<RemoteSound> {
    const sound = new RemoteSound();
    attach(sound, element, stream);
    await vi.advanceTimersByTimeAsync(0);
    return sound;
  }

  function attach(sound: RemoteSound, element: unknown, stream: MediaStream | null): void {
    sound.of(stream)(element as HTMLAudioElement);
  }

  test('plays as it comes', async () => {
    const stream = new MediaStream([]);
    const element = player(() => Promise.resolve());
    const sound = await hear(element, stream);
    expect(element.srcObject).toBe(stream);
    expect(sound.blocked).toBe(false);
    expect(sound.element).toBe(element);
  });

  test('that the browser keeps silent plays after a click', async () => {
    let allowed = false;
    const element = player(() => (allowed ? Promise.resolve() : Promise.reject(refusal())));
    const sound = await hear(element, new MediaStream([]));
    expect(sound.blocked).toBe(true);
    await sound.enable();
    expect(sound.blocked).toBe(true);
    allowed = true;
    await sound.enable();
    expect(sound.blocked).toBe(false);
  });

  test('whose stream is replaced while it begins is not blocked', async () => {
    const aborted = new DOMException('interrupted by a new load', 'AbortError');
    const sound = await hear(
      player(() => Promise.reject(aborted)),
      new MediaStream([]),
    );
    expect(sound.blocked).toBe(false);
  });

  test('that is not there yet is not asked for', async () => {
    const element = player(() => Promise.reject(refusal()));
    const sound = await hear(element, null);
    expect(element.play).not.toHaveBeenCalled();
    expect(sound.blocked).toBe(false);
    // There may be one in the next moment.
    attach(sound, element, new MediaStream([]));
    await vi.advanceTimersByTimeAsync(0);
    expect(sound.blocked).toBe(true);
  });
});
