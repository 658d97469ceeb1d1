/**
 * Something that set-up needs cannot be had. The message is one sentence that
 * says what and how to mend it, and is all that the person who typed the
 * command gets to read.
 */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}

/** Prints one line of progress for the person who typed the command. */
export type Say = (text: string) => void;

export const say: Say = (text) => {
  process.stdout.write(`${text}\n`);
};

/**
 * Runs a command of ours: a SetupError becomes its sentence and exit code 1,
 * anything else is a bug and keeps its stack.
 */
export async function command(body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`ChatAway: ${error.message}\n`);
    process.exit(1);
  }
}
