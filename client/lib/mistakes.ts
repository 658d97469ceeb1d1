/** JavaScript's own errors: what only a mistake in code throws, or a browser without something that the code uses. */
const MISTAKES = [TypeError, RangeError, ReferenceError, SyntaxError];

/** Whether our own code is at fault, and not the network, the server, a device or the person's choice. */
export function isMistake(error: unknown): boolean {
  return MISTAKES.some((mistake) => error instanceof mistake) && !isNotLoaded(error);
}

/** What browsers say where they cannot load a module, which is a TypeError, too; an exception while it runs has other words. */
const NOT_LOADED = /dynamically imported module|importing a module script failed|unable to preload css/i;

/** Whether a file of this page could not be loaded. */
export function isNotLoaded(error: unknown): error is Error {
  return error instanceof Error && NOT_LOADED.test(error.message);
}

/**
 * For every `catch` that takes any error: what our own code did wrong is reported like an exception that nobody caught
 * (`PageErrors`), and not taken for a lost connection.
 */
export function reportMistake(error: unknown): void {
  if (isMistake(error)) reportError(error);
}
