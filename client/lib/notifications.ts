/** Whether this browser shows notifications of a page, and may show them now. */
export type NotificationState = 'impossible' | 'ask' | 'refused' | 'granted';

export function notificationState(): NotificationState {
  // Some browsers have no notifications, which the type leaves out; no browser has them over plain HTTP.
  if (!isSecureContext || !('Notification' in window)) return 'impossible';
  if (Notification.permission === 'granted') return 'granted';
  return Notification.permission === 'denied' ? 'refused' : 'ask';
}

/** Asks the person; from a click alone, or browsers refuse by themselves. */
export async function askForNotifications(): Promise<NotificationState> {
  if (notificationState() === 'ask') await Notification.requestPermission();
  return notificationState();
}

export interface NotificationContent {
  body: string;
  /** Of those with the same tag the last one alone is shown. */
  tag: string;
  silent: boolean;
  /** The page comes to the front first. */
  onClick(): void;
}

/** Null where it may not be shown, or the browser shows none for a page that is open: Chrome on Android. */
export function showNotification(
  title: string,
  { body, tag, silent, onClick }: NotificationContent,
): Notification | null {
  if (notificationState() !== 'granted') return null;
  let shown: Notification;
  try {
    shown = new Notification(title, {
      body,
      tag: `chataway:${tag}`,
      silent,
      icon: 'favicon.svg',
      dir: 'auto',
    });
    // eslint-disable-next-line no-restricted-syntax -- a TypeError is how Chrome on Android says that it has none.
  } catch {
    return null;
  }
  shown.onclick = () => {
    focus();
    shown.close();
    onClick();
  };
  return shown;
}
