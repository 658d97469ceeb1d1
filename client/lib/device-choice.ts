/** A microphone or camera, as the browser lists it. */
export interface InputDevice {
  id: string;
  /** Devices of one piece of hardware share it. */
  group: string;
  label: string;
}

/** Chromium lists the system's own choice once more under this id. */
const SYSTEM_CHOICE = 'default';
/** Entries that stand for another entry of the list. */
const ALIASES = [SYSTEM_CHOICE, 'communications'];

/** Whether both are the same hardware; the system's choice may point to another piece at each look. */
export function isSameDevice(one: InputDevice, other: InputDevice): boolean {
  const alias = ALIASES.includes(one.id) || ALIASES.includes(other.id);
  return alias && one.group !== '' && other.group !== '' ? one.group === other.group : one.id === other.id;
}

/**
 * The devices to try after `lost` went away, the best first: the preferred one, the one that the system chooses, the
 * others in the browser's order. The lost one comes last, because the list may be older than its loss.
 */
export function devicesToTry(
  listed: readonly InputDevice[],
  lost: InputDevice | null,
  preferred: InputDevice | null,
): InputDevice[] {
  // Before the browser trusts the page with them, ids are empty.
  const known = listed.filter(({ id }) => id !== '');
  const system = known.find(({ id }) => id === SYSTEM_CHOICE);
  const rank = (device: InputDevice): number => {
    if (lost && isSameDevice(device, lost)) return 3;
    if (preferred && isSameDevice(device, preferred)) return 0;
    return system && isSameDevice(device, system) ? 1 : 2;
  };
  return known
    .filter((device) => !ALIASES.includes(device.id) || isOnlyEntry(device, known))
    .sort((a, b) => rank(a) - rank(b));
}

/** Whether the list has the hardware behind an alias under no id of its own. */
function isOnlyEntry(alias: InputDevice, known: readonly InputDevice[]): boolean {
  return !known.some((device) => !ALIASES.includes(device.id) && isSameDevice(device, alias));
}

/** Whether the preferred device may be taken again: it has been away, and is listed now. */
export function isBack(listed: readonly InputDevice[], preferred: InputDevice, beenAway: boolean): boolean {
  return beenAway && listed.some((device) => isSameDevice(device, preferred));
}
