import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeTrack } from '../../support/fake-page.ts';
import type { RemoteTrack } from '../../../client/lib/joined-room.ts';
import { RemoteParticipant } from '../../../client/state/remote-participant.svelte.ts';

let ben: RemoteParticipant;

beforeEach(() => {
  vi.useFakeTimers();
  ben = new RemoteParticipant('ben');
});

afterEach(() => {
  ben.close();
  vi.useRealTimers();
});

let count = 0;
function track(source: 'camera' | 'microphone', paused = false): RemoteTrack {
  const made = new FakeTrack(source === 'camera' ? 'video' : 'audio');
  return { consumerId: `${source} ${++count}`, source, track: made, receiver: undefined, paused };
}

const picture = () => ben.video?.getTracks()[0];

test('before anything comes there is nothing to be seen and heard, and it says so', () => {
  expect(ben).toMatchObject({
    id: 'ben',
    video: null,
    audio: null,
    cameraOff: true,
    muted: true,
    quality: null,
  });
});

test('tracks are shown as streams, which stand while they are paused', () => {
  const [camera, microphone] = [track('camera'), track('microphone', true)];
  ben.added(camera);
  ben.added(microphone);
  expect(picture()).toBe(camera.track);
  expect(ben.audio?.getTracks()).toEqual([microphone.track]);
  expect(ben).toMatchObject({ cameraOff: false, muted: true });

  const { video, audio } = ben;
  ben.paused(camera.consumerId, true);
  ben.paused(microphone.consumerId, false);
  expect(ben).toMatchObject({ cameraOff: true, muted: false });
  expect(ben.video).toBe(video);
  expect(ben.audio).toBe(audio);
});

test('of a track that goes in a call that goes on, the last picture stands for 3 s', () => {
  const camera = track('camera');
  ben.settle();
  ben.added(camera);
  ben.removed(camera.consumerId);
  vi.advanceTimersByTime(2_900);
  expect(picture()).toBe(camera.track);
  vi.advanceTimersByTime(200);
  expect(ben.video).toBeNull();
  expect(ben.cameraOff).toBe(true);
});

test('while the other joins again their last picture stands, and 3 s longer than that', () => {
  const camera = track('camera');
  ben.settle();
  ben.added(camera);
  ben.unsettle();
  ben.removed(camera.consumerId);
  vi.advanceTimersByTime(25_000);
  expect(picture()).toBe(camera.track);
  ben.settle();
  vi.advanceTimersByTime(2_900);
  expect(picture()).toBe(camera.track);
  vi.advanceTimersByTime(200);
  expect(ben.video).toBeNull();
});

test('where the track goes before the call is told to wait for it, the picture stands all the same', () => {
  const camera = track('camera');
  ben.settle();
  ben.added(camera);
  ben.removed(camera.consumerId);
  ben.unsettle();
  vi.advanceTimersByTime(10_000);
  expect(picture()).toBe(camera.track);
});

test('the next picture takes the place of the last, and stays', () => {
  const [before, after] = [track('camera'), track('camera')];
  ben.settle();
  ben.added(before);
  ben.removed(before.consumerId);
  ben.added(after);
  expect(picture()).toBe(after.track);
  vi.advanceTimersByTime(10_000);
  expect(picture()).toBe(after.track);
});

test('a track that comes before the one that it replaces has gone is the one that is shown', () => {
  const [before, after] = [track('camera'), track('camera')];
  ben.added(before);
  ben.added(after);
  expect(picture()).toBe(after.track);
  ben.removed(before.consumerId);
  expect(picture()).toBe(after.track);
});

test('while we join again ourselves, what was seen stands until it comes again', () => {
  const [camera, microphone] = [track('camera'), track('microphone')];
  ben.settle();
  ben.added(camera);
  ben.added(microphone);
  ben.interrupted();
  vi.advanceTimersByTime(10_000);
  expect(picture()).toBe(camera.track);
  const again = track('camera');
  ben.added(again);
  expect(picture()).toBe(again.track);
  // Their microphone did not come back.
  ben.settle();
  vi.advanceTimersByTime(3_100);
  expect(ben.audio).toBeNull();
  expect(picture()).toBe(again.track);
});

test('after the end nothing is left', () => {
  ben.added(track('camera'));
  ben.interrupted();
  ben.close();
  expect(ben).toMatchObject({ video: null, audio: null, cameraOff: true, muted: true });
});
