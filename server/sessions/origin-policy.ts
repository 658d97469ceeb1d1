import type { IncomingMessage } from 'node:http';
import { AppError } from '../errors.ts';

/**
 * Which pages may use a person's cookie at this server: those of PUBLIC_URL where it is set, else those that were loaded
 * from the scheme, host and port that the request goes to.
 */
export class OriginPolicy {
  readonly #publicOrigin: string | undefined;
  readonly #scheme: 'http' | 'https';

  /** `encrypted` says whether this server itself speaks HTTPS. */
  constructor({ publicUrl, encrypted }: { publicUrl: URL | undefined; encrypted: boolean }) {
    this.#publicOrigin = publicUrl?.origin;
    this.#scheme = encrypted ? 'https' : 'http';
  }

  /**
   * Browsers send `Origin` with every unsafe request and with every WebSocket upgrade. A client that sends none is no
   * browser, and carries nobody's cookie against their will; an upgrade needs one all the same.
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
    const expected = this.#publicOrigin ?? `${this.#scheme}://${host ?? ''}`;
    const own = URL.parse(expected)?.origin;
    if (own === undefined || URL.parse(origin)?.origin !== own) throw wrongOrigin();
  }
}

/**
 * A proxy in front may look at one Host header and the server at another (RFC 9112, 3.2: such a request is answered 400).
 *
 * @throws {AppError} `invalid`.
 */
export function assertOneHost({ rawHeaders }: IncomingMessage): void {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
  if (hosts.length > 1) throw new AppError('invalid', 'The request names two hosts.');
}

const wrongOrigin = () =>
  new AppError(
    'wrong_origin',
    'This request came from another address. Open ChatAway by its own; behind a proxy its operator sets PUBLIC_URL.',
  );
