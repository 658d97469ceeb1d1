import { askForDevices, devicePermission, type DeviceProblem, devicesPossible } from '../lib/devices.ts';
import { load, save } from '../lib/storage.ts';

export type PermissionState =
  /** Nothing to say. */
  | 'settled'
  /** Say why, and offer to ask. */
  | 'ask'
  | 'asking'
  | 'refused'
  /** This page cannot have devices at all: it came over plain HTTP. */
  | 'insecure'
  | 'no_camera'
  | 'no_microphone'
  | 'in_use';

const KEY = 'devices-asked';

/** Whether camera and microphone may be used, asked for after signing in until that is settled or put away. */
export class Permission {
  #state = $state<PermissionState>('settled');

  constructor() {
    void this.#look();
  }

  get state(): PermissionState {
    return this.#state;
  }

  async ask(): Promise<void> {
    this.#state = 'asking';
    const { audio, video } = await askForDevices();
    this.#state = stateAfter(audio, video);
    // What is in the way is told again the next time.
    if (this.#state === 'settled') save(KEY, true);
  }

  dismiss(): void {
    save(KEY, true);
    this.#state = 'settled';
  }

  async #look(): Promise<void> {
    if (load(KEY) === true) return;
    if (!devicesPossible()) {
      this.#state = 'insecure';
      return;
    }
    const [camera, microphone] = await Promise.all([
      devicePermission('camera'),
      devicePermission('microphone'),
    ]);
    if (camera === 'granted' && microphone === 'granted') return;
    this.#state = camera === 'denied' && microphone === 'denied' ? 'refused' : 'ask';
  }
}

function stateAfter(audio: DeviceProblem | null, video: DeviceProblem | null): PermissionState {
  if (audio === 'insecure') return 'insecure';
  if (audio === 'refused' || video === 'refused') return 'refused';
  if (audio === 'in_use' || video === 'in_use') return 'in_use';
  if (audio === 'absent') return 'no_microphone';
  return video === 'absent' ? 'no_camera' : 'settled';
}
