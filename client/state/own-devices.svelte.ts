import { type DeviceProblem, LocalMedia } from '../lib/devices.ts';
import { loadForTab, saveForTab } from '../lib/storage.ts';

/** What a reload must not change: nobody's camera comes on by itself. */
interface Kept {
  id: string;
  microphoneOn: boolean;
  cameraOn: boolean;
}

const KEY = 'call-devices';

export interface OwnDevicesOptions {
  /** The call that they are for, as it is called now. */
  callId(): string;
  /** What is to be sent has changed; null: nothing. */
  onTracks(microphone: MediaStreamTrack | null, camera: MediaStreamTrack | null): void;
}

/** One's own microphone and camera in a call: whether they are on, what is missing, and the self-view. */
export class OwnDevices {
  readonly #options: OwnDevicesOptions;
  readonly #local = new LocalMedia((kind) => this.#gone(kind));
  #released = false;
  #microphoneOn = $state(true);
  /** How many times the camera is being asked for. */
  #cameraOpening = 0;
  #cameraOn = $state(false);
  #selfView = $state.raw<MediaStream | null>(null);
  #audioProblem = $state<DeviceProblem | null>(null);
  #videoProblem = $state<DeviceProblem | null>(null);

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

  get audioProblem(): DeviceProblem | null {
    return this.#audioProblem;
  }

  get videoProblem(): DeviceProblem | null {
    return this.#videoProblem;
  }

  /** Resolves once the person and the browser have answered. */
  async open(withCamera: boolean): Promise<void> {
    this.#cameraOn = withCamera;
    // A reload while the browser still asks must not forget it.
    this.#keep();
    await this.#local.open(withCamera);
    // It may have been switched off meanwhile.
    if (!this.#cameraOn) this.#local.closeCamera();
    this.#note();
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
    if (on && !this.#local.audio) await this.#local.openMicrophone();
    this.#noteMicrophone();
    this.#publish();
  }

  async setCamera(on: boolean): Promise<void> {
    this.#cameraOn = on;
    if (on) {
      this.#cameraOpening++;
      await this.#local.openCamera().finally(() => this.#cameraOpening--);
      // Another press, or the end, may have come while the camera opened.
      if (!this.#cameraOn || this.#released) this.#local.closeCamera();
    } else {
      this.#local.closeCamera();
    }
    this.#note();
  }

  close(): void {
    this.#released = true;
    this.#local.close();
    this.#selfView = null;
  }

  #note(): void {
    this.#noteMicrophone();
    this.#videoProblem = this.#local.video ? null : this.#local.videoProblem;
    // While it opens, what is wished for stands: the microphone may be ready first.
    if (this.#cameraOpening === 0) this.#cameraOn = this.#local.video !== null;
    this.#publish();
  }

  #noteMicrophone(): void {
    this.#audioProblem = this.#local.audio ? null : this.#local.audioProblem;
    if (this.#audioProblem) this.#microphoneOn = false;
  }

  #publish(): void {
    if (this.#released) return;
    const { audio, video } = this.#local;
    this.#keep();
    if (audio) audio.enabled = this.#microphoneOn;
    this.#options.onTracks(this.#microphoneOn ? audio : null, video);
    if ((this.#selfView?.getVideoTracks()[0] ?? null) !== video) {
      this.#selfView = video && new MediaStream([video]);
    }
  }

  #keep(): void {
    const id = this.#options.callId();
    const kept: Kept = { id, microphoneOn: this.#microphoneOn, cameraOn: this.#cameraOn };
    saveForTab(KEY, kept);
  }

  #gone(kind: 'audio' | 'video'): void {
    if (kind === 'audio') this.#local.audioProblem = 'absent';
    else this.#local.videoProblem = 'absent';
    this.#note();
  }
}
