/** JavaScript's own errors: what only a mistake in code throws, or a browser without something that the code uses. */
const MISTAKES = [TypeError, RangeError, ReferenceError, SyntaxError];

/** Whether our own code is at fault, and not the network, the server, a device or the person's choice. */
export function isMistake(error: unknown): boolean {
  return MISTAKES.some((mistake) => error instanceof mistake);
}

/**
 * For every `catch` that takes any error: what our own code did wrong is reported like an exception that nobody caught
 * (`PageErrors`), and not taken for a lost connection.
 */
export function reportMistake(error: unknown): void {
  if (isMistake(error)) reportError(error);
}
