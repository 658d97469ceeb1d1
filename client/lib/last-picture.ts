import type { MediaSource } from '#protocol/media';
import type { RemoteTrack } from './joined-room.ts';

/** How long the last picture stands, once everyone has media again, for one that does not come; in milliseconds. */
const STANDS_FOR = 3_000;

/** What was last seen and heard of someone whose tracks have ended: it stands until others come, or nobody is missing. */
export class LastPicture {
  readonly #onGone: () => void;
  readonly #tracks = new Map<MediaSource, RemoteTrack>();
  /** Whether everyone in the call has media. */
  #settled = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onGone Called when what stood has been forgotten. */
  constructor(onGone: () => void) {
    this.#onGone = onGone;
  }

  get tracks(): readonly RemoteTrack[] {
    return [...this.#tracks.values()];
  }

  /** A track has ended, and may be replaced. */
  keep(track: RemoteTrack): void {
    this.#tracks.set(track.source, track);
    if (this.#settled) this.#forgetSoon();
  }

  /** Our own media was interrupted, which takes as long as it takes: what stands waits for the others' tracks. */
  hold(): void {
    clearTimeout(this.#timer);
  }

  /** Somebody's media is on its way back: what stands waits for it. */
  unsettle(): void {
    this.#settled = false;
    clearTimeout(this.#timer);
  }

  /** Everyone has media again: what is not there soon does not come back. */
  settle(): void {
    this.#settled = true;
    this.#forgetSoon();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#tracks.clear();
  }

  #forgetSoon(): void {
    clearTimeout(this.#timer);
    if (this.#tracks.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#tracks.clear();
      this.#onGone();
    }, STANDS_FOR);
  }
}
