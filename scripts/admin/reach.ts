import { AppError } from '../../server/errors.ts';
import { Busy, CommandError } from './command-error.ts';

/** What the system refuses, as a sentence that says how to mend it. */
export async function reach<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CommandError || error instanceof AppError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (/^(EADDRINUSE|ECONNRESET|EPIPE|SQLITE_BUSY)/.test(code)) throw new Busy();
    if (!/^(E[A-Z]+$|SQLITE_)/.test(code)) throw error;
    throw new CommandError(
      `The data folder ${folder} cannot be used: run this as the user that the server runs as (${code}).`,
    );
  }
}
