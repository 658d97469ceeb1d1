import type { RemoteTrack, TrackOwner } from '../lib/joined-room.ts';
import { LastPicture } from '../lib/last-picture.ts';
import { markFirstSound } from '../lib/marks.ts';

/** How well someone's media comes through. */
export type Quality = 'good' | 'fair' | 'poor';

/** Another participant of a call: what is seen and heard of them, and their last picture while they come back. */
export class RemoteParticipant implements TrackOwner {
  /** The id that the server gave them in this call. */
  readonly id: string;
  /** In the order in which they came. */
  #tracks: readonly RemoteTrack[] = [];
  readonly #last = new LastPicture(() => this.#show());
  #video = $state.raw<MediaStream | null>(null);
  #audio = $state.raw<MediaStream | null>(null);
  #cameraOff = $state(true);
  #muted = $state(true);
  #quality = $state<Quality | null>(null);
  #heard = false;

  constructor(id: string) {
    this.id = id;
  }

  get video(): MediaStream | null {
    return this.#video;
  }

  get audio(): MediaStream | null {
    return this.#audio;
  }

  get cameraOff(): boolean {
    return this.#cameraOff;
  }

  get muted(): boolean {
    return this.#muted;
  }

  /** Null until something measures it. */
  get quality(): Quality | null {
    return this.#quality;
  }

  added(track: RemoteTrack): void {
    this.#tracks = [...this.#tracks, track];
    if (track.source === 'microphone' && !this.#heard) {
      this.#heard = true;
      void markFirstSound(track.track, track.receiver);
    }
    this.#show();
  }

  removed(consumerId: string): void {
    const gone = this.#tracks.find((track) => track.consumerId === consumerId);
    this.#tracks = this.#tracks.filter((track) => track !== gone);
    // They may be joining again: their last picture stands for a while.
    if (gone) this.#last.keep(gone);
    this.#show();
  }

  paused(consumerId: string, paused: boolean): void {
    this.#tracks = this.#tracks.map((track) =>
      track.consumerId === consumerId ? { ...track, paused } : track,
    );
    this.#show();
  }

  interrupted(): void {
    for (const track of this.#tracks) this.#last.keep(track);
    this.#tracks = [];
    this.#last.hold();
    this.#show();
  }

  /** Somebody's media is on its way back. */
  unsettle(): void {
    this.#last.unsettle();
  }

  /** Everyone in the call has media. */
  settle(): void {
    this.#last.settle();
  }

  close(): void {
    this.#last.close();
    this.#tracks = [];
    this.#show();
  }

  #show(): void {
    const shown = [...this.#last.tracks, ...this.#tracks];
    // Of two tracks of one source, the later.
    const camera = shown.findLast(({ source }) => source === 'camera');
    const microphone = shown.findLast(({ source }) => source === 'microphone');
    this.#video = sameOrNew(this.#video, camera);
    this.#audio = sameOrNew(this.#audio, microphone);
    this.#cameraOff = camera?.paused ?? true;
    this.#muted = microphone?.paused ?? true;
  }
}

/** A stream that is shown goes on being shown while its track is the same. */
function sameOrNew(stream: MediaStream | null, remote: RemoteTrack | undefined): MediaStream | null {
  if (!remote) return null;
  return stream?.getTracks()[0] === remote.track ? stream : new MediaStream([remote.track]);
}
