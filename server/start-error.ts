/** ChatAway cannot start. The message is one sentence for the operator: what, and how to mend it. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** Runs one step of the start; where it fails, `explain` turns the reason into the operator's sentence. */
export async function startStep<T>(
  work: () => T | Promise<T>,
  explain: (reason: string, code: string, error: unknown) => string,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new StartError(explain(reason, code, error), { cause: error });
  }
}
