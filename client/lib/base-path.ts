/** The path below which this server is, as its page says in `<base>`: `/` at the root of a host, else such as `/chat/`. */
export const basePath = (): string => new URL(document.baseURI).pathname;

/** An address of this server. `path` begins with a slash. */
export const addressOf = (path: string): URL => new URL(`.${path}`, document.baseURI);
