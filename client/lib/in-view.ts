import { reportMistake } from './mistakes.ts';

/** Held by every tab of this browser that is in view. */
const IN_VIEW = 'chataway:in-view';
/** Held by the tab that makes a message known, for as long as others may still hear of it. */
const ALERT = 'chataway:alert:';
const ALERT_HELD = 10_000;

/** Undefined for a page over plain HTTP, except on localhost; the type leaves that out. */
const locks = (): LockManager | undefined => navigator.locks;

/** Tells the other tabs of this browser while this one is in view. Returns a way to stop. */
export function holdWhileInView(): () => void {
  let release: (() => void) | undefined;
  const look = () => {
    release?.();
    release = undefined;
    if (document.visibilityState !== 'visible') return;
    const held = new Promise<void>((resolve) => (release = resolve));
    locks()
      ?.request(IN_VIEW, { mode: 'shared' }, () => held)
      .catch(reportMistake);
  };
  look();
  document.addEventListener('visibilitychange', look);
  return () => {
    document.removeEventListener('visibilitychange', look);
    release?.();
  };
}

/**
 * Whether this tab is the one that makes this message known: no tab of this browser is in view, and no other has taken
 * the message. Where tabs cannot ask each other, each decides for itself.
 */
export async function takesAlert(messageId: string): Promise<boolean> {
  if (document.visibilityState === 'visible') return false;
  const all = locks();
  if (!all) return true;
  try {
    const { held = [] } = await all.query();
    return !held.some(({ name }) => name === IN_VIEW) && (await isFirst(all, messageId));
  } catch (error) {
    // Forbidden, as storage may be.
    reportMistake(error);
    return true;
  }
}

function isFirst(all: LockManager, messageId: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    all
      .request(ALERT + messageId, { ifAvailable: true }, async (lock) => {
        resolve(lock !== null);
        if (lock) await new Promise((done) => setTimeout(done, ALERT_HELD));
      })
      .catch(reject);
  });
}
