import type { Message } from '#protocol/chat';
import type { Person } from '#protocol/people';
import { wantsQuiet } from '#protocol/quiet-hours';
import type { CallSettings } from '#protocol/settings';
import { excerptOf } from '#protocol/text';
import { wantsAlert } from '../lib/alert-choice.ts';
import { takesAlert } from '../lib/in-view.ts';
import { showNotification } from '../lib/notifications.ts';
import { chosenSpeaker } from '../lib/speakers.ts';
import { playOnce } from '../lib/tones.ts';

/** As much of a message as a notification shows, in code points. */
const EXCERPT = 120;
/** Many messages at once sound once, in milliseconds. */
const SOUNDS_EVERY = 2_000;

export interface MessageAlertsOptions {
  /** The account's settings; null until they have come. */
  settings(): Pick<CallSettings, 'doNotDisturb' | 'quietHours'> | null;
  /** The time by the server's clock, in milliseconds. */
  now(): number;
  /** The person has clicked a notification of this account's message. */
  onOpen(accountId: string): void;
}

/** Whether a message may make itself known now; before the settings are known it may not. */
export function mayDisturb(
  settings: Pick<CallSettings, 'doNotDisturb' | 'quietHours'> | null,
  now: number,
): boolean {
  return settings !== null && !wantsQuiet(settings, now);
}

/**
 * Makes messages known that arrive while no tab of this browser is in view, by one tab alone: by a sound, and by a
 * notification. The browser shows it by itself; no third party is sent any of it.
 */
export class MessageAlerts {
  readonly #options: MessageAlertsOptions;
  /** By conversation. */
  readonly #shown = new Map<string, Notification>();
  #sounded = -SOUNDS_EVERY;

  constructor(options: MessageAlertsOptions) {
    this.#options = options;
    document.addEventListener('visibilitychange', this.#look);
  }

  /** Of a message that somebody else has written. */
  async arrived(message: Message, sender: Person): Promise<void> {
    // A call rings by itself.
    if (message.call || !mayDisturb(this.#options.settings(), this.#options.now())) return;
    if (!(await takesAlert(message.id))) return;
    this.#sound();
    this.#notify(message, sender);
  }

  /** The conversation was read, on whatever device. */
  read(conversationId: string): void {
    this.#shown.get(conversationId)?.close();
    this.#shown.delete(conversationId);
  }

  close(): void {
    document.removeEventListener('visibilitychange', this.#look);
    for (const id of [...this.#shown.keys()]) this.read(id);
  }

  /** Who looks at the page sees what is new there. */
  readonly #look = (): void => {
    if (document.visibilityState === 'visible') for (const id of [...this.#shown.keys()]) this.read(id);
  };

  #sound(): void {
    const now = performance.now();
    if (!wantsAlert('sound') || now - this.#sounded < SOUNDS_EVERY) return;
    this.#sounded = now;
    playOnce('message', chosenSpeaker('ringing'));
  }

  #notify({ conversationId, text }: Message, { id, username }: Person): void {
    if (!wantsAlert('notification')) return;
    // One a conversation. A new one comes up again, where one that is replaced stays unseen.
    this.read(conversationId);
    const shown = showNotification(username, {
      body: excerptOf(text, EXCERPT),
      tag: conversationId,
      // The sound is ours.
      silent: true,
      onClick: () => this.#options.onOpen(id),
    });
    if (shown) this.#shown.set(conversationId, shown);
  }
}
