import type { IncomingMessage, Server } from 'node:http';

/** A request's target may also be a whole address (RFC 9112, 3.2.2). */
const ORIGIN = /^https?:\/\/[^/?#]*/i;

/**
 * The path below which people find this server, where it shares a host with other pages: `/chat` for the PUBLIC_URL
 * `https://example.org/chat/`. At the root of a host it is empty.
 */
export class BasePath {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** The path of the page. */
  get root(): string {
    return `${this.path}/`;
  }

  /** Has everything else that listens to the server see addresses without the path. */
  attach(server: Server): void {
    for (const event of ['request', 'upgrade'] as const) {
      server.prependListener(event, (request: IncomingMessage) => this.removeFrom(request));
    }
  }

  /**
   * Takes the path off the request's address. A proxy may have done so already; hence an address without the path is left as
   * it is.
   */
  removeFrom(request: IncomingMessage): void {
    const { url = '' } = request;
    const start = ORIGIN.exec(url)?.[0].length ?? 0;
    if (!url.startsWith(this.root, start)) return;
    request.url = url.slice(0, start) + url.slice(start + this.path.length);
  }
}
