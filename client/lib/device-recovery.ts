import pLimit from 'p-limit';
import { devicesToTry, type InputDevice, isBack, isSameDevice } from './device-choice.ts';
import { type DeviceKind, deviceOf, devicePermission, type LocalMedia } from './devices.ts';
import { reportMistake } from './mistakes.ts';

/** Another device is in use than before, and why. */
export interface DeviceChange {
  why: 'unplugged' | 'in_use' | 'returned';
  /** The name of the one in use now; empty where the browser does not tell. */
  label: string;
}

export interface DeviceRecoveryOptions {
  local: LocalMedia;
  /** Whether the person wants one of this kind to be open. */
  wanted(kind: DeviceKind): boolean;
  /** Called when another device, or none, is open now. `change` is null where the problem says it all, or nothing changed. */
  onChange(kind: DeviceKind, change: DeviceChange | null): void;
}

interface Place {
  /** What was open before anything went away; it is taken again when it is back. */
  preferred: InputDevice | null;
  /** Whether the preferred one was seen to be missing. */
  beenAway: boolean;
  /** What went away last; null while one is open. */
  lost: InputDevice | null;
  /** The person had allowed it: another state than "granted" is a permission that was taken back. */
  granted: boolean;
}

const PERMISSIONS = { audio: 'microphone', video: 'camera' } as const;
const KINDS: readonly DeviceKind[] = ['audio', 'video'];

/** Keeps a microphone and a camera in a call while devices come and go. It handles one change at a time. */
export class DeviceRecovery {
  readonly #options: DeviceRecoveryOptions;
  readonly #places: Record<DeviceKind, Place> = { audio: place(), video: place() };
  readonly #inTurn = pLimit(1);
  #closed = false;

  constructor(options: DeviceRecoveryOptions) {
    this.#options = options;
    navigator.mediaDevices.addEventListener('devicechange', this.#look);
    // A page that is not in view may be told of no change, and be refused every device.
    document.addEventListener('visibilitychange', this.#look);
  }

  /** Notes what is open, as the person or the browser chose it. */
  opened(kind: DeviceKind): void {
    const track = this.#options.local.trackOf(kind);
    const place = this.#places[kind];
    if (!track) return;
    place.lost = null;
    place.preferred ??= deviceOf(track);
    void devicePermission(PERMISSIONS[kind]).then((state) => (place.granted = state === 'granted'));
  }

  /** A device went away: another one takes its place. Resolves when that is settled. */
  lost(kind: DeviceKind, device: InputDevice): Promise<void> {
    const place = this.#places[kind];
    place.lost = device;
    place.preferred ??= device;
    return this.#enqueue(() => this.#replace(kind, device));
  }

  /** Another program has the device that the browser chose: another one may be free. */
  busy(kind: DeviceKind): Promise<void> {
    return this.#enqueue(async () => {
      if (await this.#openFirst(kind, null)) this.#changed(kind, 'in_use');
    });
  }

  /** The person has turned it off: it is not opened when a device comes. */
  forget(kind: DeviceKind): void {
    this.#places[kind].lost = null;
  }

  close(): void {
    this.#closed = true;
    navigator.mediaDevices.removeEventListener('devicechange', this.#look);
    document.removeEventListener('visibilitychange', this.#look);
  }

  readonly #look = (): void => {
    if (document.visibilityState !== 'visible') return;
    for (const kind of KINDS) void this.#enqueue(() => this.#lookAt(kind));
  };

  #enqueue(work: () => Promise<void>): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#closed) await work();
    });
  }

  async #replace(kind: DeviceKind, device: InputDevice): Promise<void> {
    const { local, wanted, onChange } = this.#options;
    if (local.trackOf(kind) || !wanted(kind)) return;
    const place = this.#places[kind];
    const state = await devicePermission(PERMISSIONS[kind]);
    if (state === 'denied' || (place.granted && state !== 'granted')) {
      place.lost = null;
      local.setProblem(kind, 'withdrawn');
      onChange(kind, null);
      return;
    }
    if (await this.#openFirst(kind, device)) {
      this.#changed(kind, 'unplugged');
      return;
    }
    const refused = kind === 'audio' ? local.audioProblem : local.videoProblem;
    // Some browsers do not tell of a permission otherwise.
    local.setProblem(kind, refused === 'refused' ? 'withdrawn' : 'unplugged');
    onChange(kind, null);
  }

  /** The list of devices is another, or the page is in view again. */
  async #lookAt(kind: DeviceKind): Promise<void> {
    const { local } = this.#options;
    const place = this.#places[kind];
    const { preferred, lost } = place;
    if (!preferred) return;
    const listed = await listInputs(kind);
    // Before `beenAway` is set for the next look.
    const back = isBack(listed, preferred, place.beenAway);
    place.beenAway = !listed.some((device) => isSameDevice(device, preferred));
    const track = local.trackOf(kind);
    if (!track) {
      if (lost && (await this.#openFirst(kind, null))) {
        this.#changed(kind, this.#usesPreferred(kind) ? 'returned' : 'unplugged');
      }
      return;
    }
    if (!back || isSameDevice(deviceOf(track), preferred)) return;
    const found = listed.find((device) => isSameDevice(device, preferred));
    if (found && (await local.openDevice(kind, found.id))) {
      this.#changed(kind, 'returned');
      return;
    }
    // The one in use goes on. A device that was plugged in a moment ago may not be ready yet: the next look tries again.
    const problem = kind === 'audio' ? local.audioProblem : local.videoProblem;
    place.beenAway = problem === 'in_use';
    local.setProblem(kind, null);
  }

  /** Opens the first device that can be opened. */
  async #openFirst(kind: DeviceKind, lost: InputDevice | null): Promise<boolean> {
    const { local } = this.#options;
    const place = this.#places[kind];
    const listed = await listInputs(kind);
    const { preferred } = place;
    if (preferred) place.beenAway = !listed.some((device) => isSameDevice(device, preferred));
    for (const { id } of devicesToTry(listed, lost, preferred)) {
      if (this.#closed) return false;
      if (await local.openDevice(kind, id)) {
        place.lost = null;
        return true;
      }
      const problem = kind === 'audio' ? local.audioProblem : local.videoProblem;
      // Further tries would only ask the person again.
      if (problem === 'refused') return false;
    }
    return false;
  }

  #usesPreferred(kind: DeviceKind): boolean {
    const track = this.#options.local.trackOf(kind);
    const { preferred } = this.#places[kind];
    return track !== null && preferred !== null && isSameDevice(deviceOf(track), preferred);
  }

  #changed(kind: DeviceKind, why: DeviceChange['why']): void {
    const label = this.#options.local.trackOf(kind)?.label ?? '';
    this.#options.onChange(kind, { why, label });
  }
}

function place(): Place {
  return { preferred: null, beenAway: false, lost: null, granted: false };
}

/** The devices of a kind that are there now; none where the browser does not tell. */
async function listInputs(kind: DeviceKind): Promise<InputDevice[]> {
  try {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices
      .filter((device) => device.kind === `${kind}input`)
      .map(({ deviceId, groupId, label }) => ({ id: deviceId, group: groupId, label }));
  } catch (error) {
    reportMistake(error);
    return [];
  }
}
