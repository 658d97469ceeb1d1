/** A file of this page could not be loaded: there is no connection, or the server has another build by now. */
export class PartMissing extends Error {}

/** What browsers say where they cannot load a module; an exception while it runs has words of its own. */
const NOT_LOADED =
  /dynamically imported module|importing a module script failed|unable to preload css|module script/i;

/**
 * Loads a part of the page.
 *
 * @throws {PartMissing} where the file cannot be had, and whatever the part itself throws while it starts
 */
export async function loadPart<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (error instanceof Error && NOT_LOADED.test(error.message)) {
      throw new PartMissing(error.message, { cause: error });
    }
    throw error;
  }
}
