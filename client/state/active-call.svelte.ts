import type { Call, CallKind, EndReason, Leg } from '#protocol/call';
import type { ErrorCode } from '#protocol/errors';
import type { ConsumerAdded, ConsumerPaused, ConsumerRemoved } from '#protocol/media';
import { type DeviceProblem, LocalMedia } from '../lib/devices.ts';
import { ignore } from '../lib/ignore.ts';
import { mark } from '../lib/marks.ts';
import { prepareMedia } from '../lib/media-device.ts';
import { MediaSession } from '../lib/media-session.ts';
import { ConnectionLost, RequestError, type Signaling } from '../lib/signaling.ts';
import { loadForTab, saveForTab } from '../lib/storage.ts';
import { RemoteMedia } from './remote-media.svelte.ts';

/** Whom a call is with; presence plays no part in it. */
export interface Peer {
  id: string;
  username: string;
}

export type Phase = 'calling' | 'ringing' | 'connecting' | 'active' | 'reconnecting' | 'ended';

/** How it ended: the server's reason, or why it could not begin. */
export type Ending = EndReason | ErrorCode | 'elsewhere';

export interface ActiveCallOptions {
  signaling: Signaling;
  selfId: string;
  tab: string;
  peer: Peer;
  kind: CallKind;
  id: string;
  /** Whether this account calls. */
  outgoing: boolean;
  /** A wish that goes to the server again on every connection until it is answered. */
  begin: ((id: string) => Promise<{ call: Call }>) | null;
  onAnswer(call: Call): void;
}

/** What a reload must not change: nobody's camera comes on by itself. */
interface KeptDevices {
  id: string;
  microphoneOn: boolean;
  cameraOn: boolean;
}

const DEVICES_KEY = 'call-devices';

export function ownLeg(call: Call, selfId: string): Leg | undefined {
  return call.legs.find(({ accountId }) => accountId === selfId);
}

/** The call that this tab is in: what is seen and heard of it, and its buttons. */
export class ActiveCall {
  readonly peer: Peer;
  readonly kind: CallKind;
  readonly outgoing: boolean;
  readonly remote = new RemoteMedia();
  readonly #options: ActiveCallOptions;
  readonly #local: LocalMedia;
  readonly #media: MediaSession;
  #id: string;
  #call = $state.raw<Call | null>(null);
  #ending = $state<Ending | null>(null);
  #begin: ActiveCallOptions['begin'];
  #joined = false;
  #released = false;

  #microphoneOn = $state(true);
  #cameraOn = $state(false);
  #selfView = $state.raw<MediaStream | null>(null);
  #audioProblem = $state<DeviceProblem | null>(null);
  #videoProblem = $state<DeviceProblem | null>(null);
  #trouble = $state(false);

  constructor(options: ActiveCallOptions) {
    this.#options = options;
    this.peer = options.peer;
    this.kind = options.kind;
    this.outgoing = options.outgoing;
    this.#id = options.id;
    this.#begin = options.begin;
    this.#local = new LocalMedia((kind) => this.#deviceGone(kind));
    this.#media = this.#makeMedia();
  }

  get id(): string {
    return this.#id;
  }

  get phase(): Phase {
    if (this.#ending) return 'ended';
    if (!this.#call) return this.outgoing ? 'calling' : 'connecting';
    // Until the answer is known to the server, its word is still that it rings.
    return !this.outgoing && this.#call.state === 'ringing' ? 'connecting' : this.#call.state;
  }

  get ending(): Ending | null {
    return this.#ending;
  }

  /** When it was answered, by the server's clock. */
  get answeredAt(): number | null {
    return this.#call?.answeredAt ?? null;
  }

  get endedAt(): number | null {
    return this.#call?.endedAt ?? null;
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

  /** Whether media could not be joined. */
  get trouble(): boolean {
    return this.#trouble;
  }

  /** Opens the devices and goes to the server, both at once. */
  start(withCamera: boolean): void {
    this.#cameraOn = withCamera;
    void this.#openDevices(withCamera);
    // Joining asks again, and tells.
    prepareMedia(this.#options.signaling).catch(ignore);
    void this.#goOn();
  }

  /** Takes the call up after a reload, with microphone and camera as they were. */
  resume(): void {
    const kept = loadForTab(DEVICES_KEY) as KeptDevices | null;
    const same = kept?.id === this.#id ? kept : null;
    this.#microphoneOn = same?.microphoneOn ?? true;
    this.start(same?.cameraOn ?? false);
  }

  /** A new connection: what was asked is asked again. */
  reconnected(): void {
    void this.#goOn();
    if (this.#joined && !this.#ending) this.#media.reconnected();
  }

  /** The call as the server tells it. */
  update(call: Call): void {
    if (call.id !== this.#id || call.version <= (this.#call?.version ?? 0)) return;
    this.#call = call;
    if (call.boundTo !== null) this.#begin = null;
    const elsewhere = call.boundTo !== null && call.boundTo !== this.#options.tab;
    if (call.state === 'ended' || elsewhere) {
      this.end(call.reason ?? 'elsewhere');
      return;
    }
    if (call.state === 'ringing') mark('ringing');
    const leg = ownLeg(call, this.#options.selfId);
    const answered = leg?.state === 'connecting' || leg?.state === 'active' || leg?.state === 'reconnecting';
    if (answered && !this.#joined && !this.#released) {
      this.#joined = true;
      this.#media.join();
    }
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
      await this.#local.openCamera();
      // Another press, or the end, may have come while the camera opened.
      if (!this.#cameraOn || this.#released) this.#local.closeCamera();
    } else {
      this.#local.closeCamera();
    }
    this.#noteDevices();
  }

  consumerAdded({ callId, consumer }: ConsumerAdded): void {
    if (callId === this.#id) this.#media.consumerAdded(consumer);
  }

  consumerRemoved({ callId, consumerId }: ConsumerRemoved): void {
    if (callId === this.#id) this.#media.consumerRemoved(consumerId);
  }

  consumerPaused({ callId, consumerId, paused }: ConsumerPaused): void {
    if (callId === this.#id) this.#media.consumerPaused(consumerId, paused);
  }

  mediaLost(callId: string): void {
    if (callId === this.#id) this.#media.join();
  }

  /** It is over, for whatever reason: every device is let go at once. */
  end(ending: Ending): void {
    this.close();
    // The first word stands, but the server's comes before our guess.
    this.#ending = this.#call?.reason ?? this.#ending ?? ending;
  }

  close(): void {
    this.#released = true;
    this.#begin = null;
    this.#local.close();
    this.#media.close();
    this.#selfView = null;
    this.remote.close();
  }

  /** Asks what was not answered yet: the invitation, or the acceptance. */
  async #goOn(): Promise<void> {
    if (!this.#begin) return;
    try {
      const { call } = await this.#begin(this.#id);
      this.#begin = null;
      // Both called each other: the call that was first goes on.
      if (!this.#ending) this.#id = call.id;
      this.#options.onAnswer(call);
    } catch (error) {
      if (error instanceof ConnectionLost) return;
      this.end(error instanceof RequestError ? error.code : 'internal');
    }
  }

  async #openDevices(withCamera: boolean): Promise<void> {
    await this.#local.open(withCamera);
    if (!this.#cameraOn) this.#local.closeCamera();
    this.#noteDevices();
    this.#media.devicesSettled();
  }

  #noteDevices(): void {
    this.#noteMicrophone();
    this.#videoProblem = this.#local.video ? null : this.#local.videoProblem;
    this.#cameraOn = this.#local.video !== null;
    this.#publish();
  }

  #noteMicrophone(): void {
    this.#audioProblem = this.#local.audio ? null : this.#local.audioProblem;
    if (this.#audioProblem) this.#microphoneOn = false;
  }

  #publish(): void {
    if (this.#released) return;
    const { audio, video } = this.#local;
    const kept: KeptDevices = { id: this.#id, microphoneOn: this.#microphoneOn, cameraOn: this.#cameraOn };
    saveForTab(DEVICES_KEY, kept);
    if (audio) audio.enabled = this.#microphoneOn;
    this.#media.setTrack('microphone', this.#microphoneOn ? audio : null);
    this.#media.setTrack('camera', video);
    if ((this.#selfView?.getVideoTracks()[0] ?? null) !== video) {
      this.#selfView = video && new MediaStream([video]);
    }
  }

  #deviceGone(kind: 'audio' | 'video'): void {
    if (kind === 'audio') this.#local.audioProblem = 'absent';
    else this.#local.videoProblem = 'absent';
    this.#noteDevices();
  }

  #makeMedia(): MediaSession {
    const { signaling } = this.#options;
    // The id is read at each use: it may change while nothing has been joined.
    const id = () => this.#id;
    return new MediaSession({
      signaling,
      get callId() {
        return id();
      },
      onRemote: (tracks) => {
        this.remote.show(tracks);
        if (tracks.length) this.#trouble = false;
      },
      onTrouble: () => (this.#trouble = true),
    });
  }
}
