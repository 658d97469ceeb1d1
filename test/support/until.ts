import { setTimeout as pause } from 'node:timers/promises';

const ASK_EVERY_MS = 50;
const DEFAULT_WAIT_MS = 15_000;

/**
 * Asks again and again until the answer is neither undefined nor false, and returns it. A test waits with this
 * for what it wants to see and never for a fixed time. Errors of `ask` count as "not yet"; the last one is told
 * when the time is up.
 *
 * @param what - what is waited for, as it reads after "waited for".
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = DEFAULT_WAIT_MS,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let cause: unknown;
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(`waited for ${what}, in vain for ${timeoutMs} ms`, { cause });
    }
    await pause(ASK_EVERY_MS);
  }
}
