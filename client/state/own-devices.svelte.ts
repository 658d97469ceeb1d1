import type { InputDevice } from '../lib/device-choice.ts';
import type { DeviceChange, DeviceRecovery } from '../lib/device-recovery.ts';
import { type DeviceKind, type DeviceProblem, devicesPossible, LocalMedia } from '../lib/devices.ts';
import { loadForTab, saveForTab } from '../lib/storage.ts';
import { reportMistake } from '../lib/mistakes.ts';

/** What a reload must not change: nobody's camera comes on by itself. */
interface Kept {
  id: string;
  microphoneOn: boolean;
  cameraOn: boolean;
}

const KEY = 'call-devices';
const NOTHING: DeviceNote = { problem: null, mutedBySystem: false, change: null };

export interface OwnDevicesOptions {
  /** The call that they are for, as it is called now. */
  callId(): string;
  /** What is to be sent has changed; null: nothing. */
  onTracks(microphone: MediaStreamTrack | null, camera: MediaStreamTrack | null): void;
}

/** What there is to say of one's own microphone or camera. */
export interface DeviceNote {
  problem: DeviceProblem | null;
  /** The system, or a switch on the device, lets nothing out of it. */
  mutedBySystem: boolean;
  /** Why another device is in use than before; null after a while. */
  change: DeviceChange | null;
}

/** How long it is said that another device is in use, in milliseconds. */
const CHANGE_TOLD_FOR = 12_000;

/** One's own microphone and camera in a call: whether they are on, what is missing, and the self-view. */
export class OwnDevices {
  readonly #options: OwnDevicesOptions;
  readonly #local = new LocalMedia({
    onEnded: (kind, device) => void this.#gone(kind, device),
    onMuted: () => this.#note(),
  });
  /** Comes with the call: nobody needs it before. Null where there are no devices, or it could not be loaded. */
  #recovery: Promise<DeviceRecovery | null> | undefined;
  #released = false;
  /** Whether the microphone was on when it went away, and nothing was pressed since: then it comes back so. */
  #lostWhileOn = false;
  readonly #changeTimers: Partial<Record<DeviceKind, ReturnType<typeof setTimeout>>> = {};
  #microphoneOn = $state(true);
  /** How many times the camera is being asked for. */
  #cameraOpening = 0;
  #cameraOn = $state(false);
  #selfView = $state.raw<MediaStream | null>(null);
  #audio = $state.raw<DeviceNote>(NOTHING);
  #video = $state.raw<DeviceNote>(NOTHING);

  constructor(options: OwnDevicesOptions) {
    this.#options = options;
  }

  get microphoneOn(): boolean {
    return this.#microphoneOn;
  }

  get cameraOn(): boolean {
    return this.#cameraOn;
  }

  get selfView(): MediaStream | null {
    return this.#selfView;
  }

  /** What there is to say of the microphone. */
  get audio(): DeviceNote {
    return this.#audio;
  }

  /** What there is to say of the camera. */
  get video(): DeviceNote {
    return this.#video;
  }

  /** Resolves once the person and the browser have answered. */
  async open(withCamera: boolean): Promise<void> {
    this.#cameraOn = withCamera;
    // A reload while the browser still asks must not forget it.
    this.#keep();
    this.#recovery ??= devicesPossible() ? this.#recover() : undefined;
    this.#cameraOpening++;
    await this.#local.open(withCamera);
    const recovery = await this.#recovery;
    if (this.#local.audioProblem === 'in_use') await recovery?.busy('audio');
    if (this.#local.videoProblem === 'in_use' && this.#cameraOn) await recovery?.busy('video');
    this.#cameraOpening--;
    // It may have been switched off meanwhile.
    if (!this.#cameraOn) this.#local.closeCamera();
    this.#noteOpened();
  }

  /** Opens them as they were before a reload, in this very call. */
  reopen(): Promise<void> {
    const kept = loadForTab(KEY) as Kept | null;
    const same = kept?.id === this.#options.callId() ? kept : null;
    this.#microphoneOn = same?.microphoneOn ?? true;
    return this.open(same?.cameraOn ?? false);
  }

  /** Mutes, or unmutes; where there was no microphone, it is asked for again. */
  async setMicrophone(on: boolean): Promise<void> {
    this.#microphoneOn = on;
    this.#lostWhileOn = false;
    if (on && !this.#local.audio) {
      await this.#local.openMicrophone();
      if (this.#local.audioProblem === 'in_use') await (await this.#recovery)?.busy('audio');
    }
    this.#noteOpened();
  }

  async setCamera(on: boolean): Promise<void> {
    this.#cameraOn = on;
    const recovery = this.#recovery;
    if (on) {
      this.#cameraOpening++;
      await this.#local.openCamera();
      if (this.#local.videoProblem === 'in_use') await (await recovery)?.busy('video');
      this.#cameraOpening--;
      // Another press, or the end, may have come while the camera opened.
      if (!this.#cameraOn || this.#released) this.#local.closeCamera();
    } else {
      this.#local.closeCamera();
      this.#local.videoProblem = null;
      void recovery?.then((loaded) => loaded?.forget('video'));
    }
    this.#noteOpened();
  }

  close(): void {
    this.#released = true;
    for (const timer of Object.values(this.#changeTimers)) clearTimeout(timer);
    void this.#recovery?.then((recovery) => recovery?.close());
    this.#local.close();
    this.#selfView = null;
  }

  async #recover(): Promise<DeviceRecovery | null> {
    try {
      const { DeviceRecovery } = await import('../lib/device-recovery.ts');
      const recovery = new DeviceRecovery({
        local: this.#local,
        wanted: (kind) => kind === 'audio' || this.#cameraOn,
        onChange: (kind, change) => this.#changed(kind, change),
      });
      if (this.#released) recovery.close();
      return recovery;
    } catch (error) {
      reportMistake(error);
      // The call goes on with the devices that it has.
      return null;
    }
  }

  /** What is open now was chosen by the person or the browser. */
  #noteOpened(): void {
    void this.#recovery?.then((recovery) => {
      for (const kind of ['audio', 'video'] as const) recovery?.opened(kind);
    });
    this.#note();
  }

  #note(): void {
    const { audio, video, audioProblem, videoProblem } = this.#local;
    this.#audio = {
      ...this.#audio,
      problem: audio ? null : audioProblem,
      mutedBySystem: this.#local.mutedBySystem('audio'),
    };
    this.#video = {
      ...this.#video,
      problem: video ? null : videoProblem,
      mutedBySystem: this.#local.mutedBySystem('video'),
    };
    if (this.#audio.problem) this.#microphoneOn = false;
    // While it opens, what is wished for stands: the microphone may be ready first.
    if (this.#cameraOpening === 0) this.#cameraOn = video !== null;
    this.#publish();
  }

  #publish(): void {
    if (this.#released) return;
    const { audio, video } = this.#local;
    this.#keep();
    if (audio) audio.enabled = this.#microphoneOn;
    // What the system has muted is silent or black: the other is to read that it is off.
    this.#options.onTracks(
      this.#microphoneOn && !this.#audio.mutedBySystem ? audio : null,
      this.#video.mutedBySystem ? null : video,
    );
    if ((this.#selfView?.getVideoTracks()[0] ?? null) !== video) {
      this.#selfView = video && new MediaStream([video]);
    }
  }

  #keep(): void {
    const id = this.#options.callId();
    const kept: Kept = { id, microphoneOn: this.#microphoneOn, cameraOn: this.#cameraOn };
    saveForTab(KEY, kept);
  }

  async #gone(kind: DeviceKind, device: InputDevice): Promise<void> {
    if (kind === 'audio') this.#lostWhileOn = this.#microphoneOn;
    else this.#cameraOpening++;
    // Nothing is sent of a device that is gone, while the next one opens.
    this.#publish();
    const recovery = await this.#recovery;
    if (recovery) await recovery.lost(kind, device);
    else this.#local.setProblem(kind, 'unplugged');
    if (kind === 'video') this.#cameraOpening--;
    if (kind === 'video' && !this.#cameraOn) this.#local.closeCamera();
    this.#note();
  }

  #changed(kind: DeviceKind, change: DeviceChange | null): void {
    if (kind === 'audio' && change && this.#lostWhileOn) this.#microphoneOn = true;
    if (kind === 'audio') this.#audio = { ...this.#audio, change };
    else this.#video = { ...this.#video, change };
    clearTimeout(this.#changeTimers[kind]);
    if (change) this.#changeTimers[kind] = setTimeout(() => this.#changed(kind, null), CHANGE_TOLD_FOR);
    this.#note();
  }
}
