import type { IncomingMessage } from 'node:http';
import { AppError } from '../errors.ts';

/**
 * Which pages may speak to this server with the person's cookie: those of the public URL, else those that
 * were loaded from the very host and port that the request goes to.
 */
export class OriginPolicy {
  readonly #publicOrigin: string | undefined;

  constructor(publicUrl: URL | undefined) {
    this.#publicOrigin = publicUrl?.origin;
  }

  /**
   * Browsers send `Origin` with every unsafe request and with every WebSocket upgrade. What sends none is no
   * browser, and carries nobody's cookie against their will; an upgrade asks for it all the same.
   *
   * @throws {AppError} `wrong_origin`.
   */
  assertOwn(request: IncomingMessage, { required }: { required: boolean }): void {
    const { origin, host } = request.headers;
    if (origin === undefined) {
      const site = request.headers['sec-fetch-site'];
      const own = site === undefined || site === 'same-origin' || site === 'none';
      if (required || !own) throw wrongOrigin();
      return;
    }
    if (origin === this.#publicOrigin) return;
    if (URL.canParse(origin) && new URL(origin).host === host?.toLowerCase()) return;
    throw wrongOrigin();
  }
}

const wrongOrigin = () =>
  new AppError('wrong_origin', 'This request came from another site. Open ChatAway by its own address.');
