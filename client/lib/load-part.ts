import { isNotLoaded } from './mistakes.ts';

/** A file of this page could not be loaded: there is no connection, or the server has another build by now. */
export class PartMissing extends Error {}

/**
 * Loads a part of the page.
 *
 * @throws {PartMissing} where the file cannot be had, and whatever the part itself throws while it starts
 */
export async function loadPart<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (isNotLoaded(error)) throw new PartMissing(error.message, { cause: error });
    throw error;
  }
}
