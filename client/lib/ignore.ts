/** For a promise whose failure is dealt with elsewhere; say where beside it. */
export function ignore(): void {
  // Nothing, on purpose.
}
