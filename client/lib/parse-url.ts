/** Parses an absolute address; null where it is none. `URL.canParse` is missing in Chrome before 120 and Safari before 17. */
export function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
