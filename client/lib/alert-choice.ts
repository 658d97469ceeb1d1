import { load, save } from './storage.ts';

/** How a message that arrives out of view makes itself known. */
export type MessageAlert = 'sound' | 'notification';

/** What was chosen on this device. A sound disturbs nobody who has turned it down; a notification takes a permission first. */
export function wantsAlert(alert: MessageAlert): boolean {
  const kept = load(`message-${alert}`);
  return typeof kept === 'boolean' ? kept : alert === 'sound';
}

export function chooseAlert(alert: MessageAlert, on: boolean): void {
  save(`message-${alert}`, on);
}
