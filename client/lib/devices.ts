import type { InputDevice } from './device-choice.ts';

export type DeviceKind = 'audio' | 'video';

/** Why there is no track. */
export type DeviceProblem =
  /** By the person or a policy. */
  | 'refused'
  /** The permission was taken back while the device was open. */
  | 'withdrawn'
  | 'absent'
  /** It was open, went away, and no other could be opened. */
  | 'unplugged'
  /** Another program has it. */
  | 'in_use'
  /** A page that did not come over HTTPS may not ask. */
  | 'insecure';

/** Browsers hand out devices only on HTTPS and on localhost. */
export function devicesPossible(): boolean {
  // Elsewhere `navigator.mediaDevices` is not even there, whatever its type says.
  return isSecureContext && 'mediaDevices' in navigator;
}

function problemOf(error: unknown): DeviceProblem {
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'refused';
    case 'NotReadableError':
    case 'AbortError':
      return 'in_use';
    default:
      return 'absent';
  }
}

const AUDIO: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};
const VIDEO: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 30, max: 30 },
  facingMode: 'user',
};

const CONSTRAINTS = { audio: AUDIO, video: VIDEO };

export interface LocalMediaEvents {
  /** A device went away by itself: pulled out, or its permission was taken back. */
  onEnded(kind: DeviceKind, device: InputDevice): void;
  /** The system, or a switch on the device, silenced it or let it go on: see `mutedBySystem`. */
  onMuted(kind: DeviceKind): void;
}

/**
 * The one owner of this page's microphone and camera tracks in a call. Whatever happens to the call, its
 * holder calls `close()`, and from then on nothing stays open: tracks that come later are stopped as well.
 */
export class LocalMedia {
  #audio: MediaStreamTrack | null = null;
  #video: MediaStreamTrack | null = null;
  #closed = false;
  readonly #events: LocalMediaEvents;
  audioProblem: DeviceProblem | null = null;
  videoProblem: DeviceProblem | null = null;

  constructor(events: LocalMediaEvents) {
    this.#events = events;
  }

  get audio(): MediaStreamTrack | null {
    return this.#audio;
  }

  get video(): MediaStreamTrack | null {
    return this.#video;
  }

  /**
   * Opens the microphone and, where wanted, the camera: both in one question to the person, then each
   * alone, so that what is there is used. Never throws; what is missing is told by the problems.
   */
  async open(withVideo: boolean): Promise<void> {
    if (!devicesPossible()) {
      this.audioProblem = 'insecure';
      this.videoProblem = withVideo ? 'insecure' : null;
      return;
    }
    if (withVideo) {
      try {
        await this.#take({ audio: AUDIO, video: VIDEO });
        return;
      } catch (error) {
        this.videoProblem = problemOf(error);
      }
    }
    if (await this.openMicrophone()) return;
    // Asking for the camera alone makes sense only where there is no microphone; a refusal was meant for both.
    if (withVideo && this.audioProblem === 'absent') await this.openCamera();
  }

  /** Opens the microphone; null and `audioProblem` where that fails. */
  async openMicrophone(): Promise<MediaStreamTrack | null> {
    // After the end nobody is asked again.
    if (this.#audio || this.#closed) return this.#audio;
    if (!devicesPossible()) {
      this.audioProblem = 'insecure';
      return null;
    }
    try {
      await this.#take({ audio: AUDIO });
    } catch (error) {
      this.audioProblem = problemOf(error);
    }
    return this.#audio;
  }

  /** Opens the camera; null and `videoProblem` where that fails. */
  async openCamera(): Promise<MediaStreamTrack | null> {
    if (this.#video || this.#closed) return this.#video;
    if (!devicesPossible()) {
      this.videoProblem = 'insecure';
      return null;
    }
    try {
      await this.#take({ video: VIDEO });
    } catch (error) {
      this.videoProblem = problemOf(error);
    }
    return this.#video;
  }

  /** Opens this very device in place of the one that is open, if any; false, with the problem, where that fails. */
  async openDevice(kind: DeviceKind, deviceId: string): Promise<boolean> {
    if (this.#closed) return false;
    try {
      await this.#take({ [kind]: { ...CONSTRAINTS[kind], deviceId: { exact: deviceId } } });
      return true;
    } catch (error) {
      this.setProblem(kind, problemOf(error));
      return false;
    }
  }

  setProblem(kind: DeviceKind, problem: DeviceProblem | null): void {
    if (kind === 'audio') this.audioProblem = problem;
    else this.videoProblem = problem;
  }

  trackOf(kind: DeviceKind): MediaStreamTrack | null {
    return kind === 'audio' ? this.#audio : this.#video;
  }

  /** The device is open, and the system lets nothing out of it. */
  mutedBySystem(kind: DeviceKind): boolean {
    return this.trackOf(kind)?.muted ?? false;
  }

  /** Stops the camera itself, so that its light goes out. */
  closeCamera(): void {
    this.#video?.stop();
    this.#video = null;
  }

  close(): void {
    this.#closed = true;
    this.#audio?.stop();
    this.#audio = null;
    this.closeCamera();
  }

  async #take(constraints: MediaStreamConstraints): Promise<void> {
    const stream = await navigator.mediaDevices.getUserMedia(constraints);
    for (const track of stream.getTracks()) {
      if (this.#closed) track.stop();
      else this.#own(track);
    }
  }

  #own(track: MediaStreamTrack): void {
    const kind = track.kind === 'audio' ? 'audio' : 'video';
    if (kind === 'audio') {
      this.#audio?.stop();
      this.#audio = track;
      this.audioProblem = null;
    } else {
      this.#video?.stop();
      this.#video = track;
      this.videoProblem = null;
      track.contentHint = 'motion';
    }
    // An ended track may not tell any more where it came from.
    const device = deviceOf(track);
    for (const type of ['mute', 'unmute']) {
      track.addEventListener(type, () => this.trackOf(kind) === track && this.#events.onMuted(kind));
    }
    // `ended` comes only from outside, never from our own stop().
    track.addEventListener('ended', () => {
      if (this.trackOf(kind) !== track) return;
      if (kind === 'audio') this.#audio = null;
      else this.#video = null;
      this.#events.onEnded(kind, device);
    });
  }
}

/** The device that a track comes from. */
export function deviceOf(track: MediaStreamTrack): InputDevice {
  const { deviceId = '', groupId = '' } = track.getSettings();
  return { id: deviceId, group: groupId, label: track.label };
}

const nothing = (): void => undefined;

/** Asks for camera and microphone once, so that the browser remembers the answer, and lets go of both. */
export async function askForDevices(): Promise<{ audio: DeviceProblem | null; video: DeviceProblem | null }> {
  const media = new LocalMedia({ onEnded: nothing, onMuted: nothing });
  try {
    await media.open(true);
    return { audio: media.audioProblem, video: media.videoProblem };
  } finally {
    media.close();
  }
}

/** What the browser would answer today; `prompt` where it does not say. */
export async function devicePermission(name: 'camera' | 'microphone'): Promise<PermissionState> {
  try {
    return (await navigator.permissions.query({ name })).state;
    // eslint-disable-next-line no-restricted-syntax -- Firefox before 132 does not know these names: a TypeError.
  } catch {
    return 'prompt';
  }
}
