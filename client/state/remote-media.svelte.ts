import { markFirstSound } from '../lib/marks.ts';
import type { RemoteTrack } from '../lib/media-session.ts';

/** What is seen and heard of the other in a call. */
export class RemoteMedia {
  #video = $state.raw<MediaStream | null>(null);
  #audio = $state.raw<MediaStream | null>(null);
  #cameraOff = $state(true);
  #muted = $state(false);
  #heard = false;

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

  show(tracks: readonly RemoteTrack[]): void {
    const camera = tracks.find(({ source }) => source === 'camera');
    const microphone = tracks.find(({ source }) => source === 'microphone');
    this.#video = sameOrNew(this.#video, camera);
    this.#audio = sameOrNew(this.#audio, microphone);
    this.#cameraOff = !camera || camera.paused;
    this.#muted = !microphone || microphone.paused;
    if (microphone && !this.#heard) {
      this.#heard = true;
      void markFirstSound(microphone.track, microphone.receiver);
    }
  }

  close(): void {
    this.#video = null;
    this.#audio = null;
  }
}

/** A stream that is shown goes on being shown while its track is the same. */
function sameOrNew(stream: MediaStream | null, remote: RemoteTrack | undefined): MediaStream | null {
  if (!remote) return null;
  return stream?.getTracks()[0] === remote.track ? stream : new MediaStream([remote.track]);
}
