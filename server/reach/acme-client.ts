import { createHash, createPublicKey, sign } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ask, type HttpAnswer } from './acme-http.ts';

/** The authority refuses. The message is what it says, for the operator. */
export class AcmeError extends Error {
  override readonly name = 'AcmeError';
  /** How long it wants to be left alone, in milliseconds; undefined where it does not say. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, retryAfterMs?: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

const url = z.url({ protocol: /^https$/ });
const directory = z.object({ newNonce: url, newAccount: url, newOrder: url });
/** RFC 7807, as far as it is for people. */
const problem = z.object({
  type: z.string().default('about:blank'),
  detail: z.string().default('no reason told'),
});
const order = z.object({
  status: z.enum(['pending', 'ready', 'processing', 'valid', 'invalid']),
  authorizations: z.array(url),
  finalize: url,
  certificate: url.optional(),
  error: problem.optional(),
});
const authorization = z.object({
  status: z.enum(['pending', 'valid', 'invalid', 'deactivated', 'expired', 'revoked']),
  challenges: z.array(
    z.object({ type: z.string(), url, token: z.string().optional(), error: problem.optional() }),
  ),
});
/** In the order in which RFC 7638 hashes them. */
const ecKey = z.object({ crv: z.literal('P-256'), kty: z.literal('EC'), x: z.string(), y: z.string() });

const BAD_NONCE = 'urn:ietf:params:acme:error:badNonce';
/** An authority may refuse a nonce for its age; more often than this it is another fault. */
const MOST_BAD_NONCES = 10;

/** Between two questions whether something is done: this much at first, twice as much each time, up to the second. */
const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 10_000;
/** An authority checks and issues within seconds. */
const DONE_WITHIN_MS = 3 * 60_000;

export interface AcmeClientOptions {
  readonly directoryUrl: string;
  /** An elliptic key on P-256, in PEM. */
  readonly accountKey: string;
  /** Where the authority may write to. */
  readonly email: string | undefined;
  readonly ca: string | undefined;
  /** Ends what is under way, which then fails. */
  readonly signal: AbortSignal;
}

export interface AcmeOrder {
  readonly domain: string;
  /** What the certificate is to hold: PKCS #10 in DER. */
  readonly certificateRequest: Buffer;
  /** To be served from now on to who asks by TLS-ALPN-01: the SHA-256 of the key authorization (RFC 8737, 3). */
  readonly onChallenge: (acmeIdentifier: Buffer) => void;
}

/**
 * A certificate for one name by ACME (RFC 8555), proven by TLS-ALPN-01 (RFC 8737): the small part of the protocol that
 * a server needs. The library that most take, acme-client, has had no release since 2024 and brings fifty packages.
 */
export class AcmeClient {
  readonly #options: AcmeClientOptions;
  readonly #jwk: z.infer<typeof ecKey>;
  #newNonce = '';
  /** What the authority calls the account. */
  #account: string | undefined;
  /** For the next request, out of the last answer. */
  #nonce: string | undefined;

  constructor(options: AcmeClientOptions) {
    this.#options = options;
    this.#jwk = ecKey.parse(createPublicKey(options.accountKey).export({ format: 'jwk' }));
  }

  /**
   * Obtains a certificate. The account is made where there is none, and its terms are agreed to.
   *
   * @returns the chain in PEM, the certificate first.
   * @throws {AcmeError} where the authority refuses.
   * @throws {Error} where it cannot be reached, or does not keep to the protocol.
   */
  async obtain({ domain, certificateRequest, onChallenge }: AcmeOrder): Promise<string> {
    const { newNonce, newAccount, newOrder } = await this.#directory();
    this.#newNonce = newNonce;
    this.#account = undefined;
    const { email } = this.#options;
    const contact = email !== undefined && { contact: [`mailto:${email}`] };
    const account = await this.#post(newAccount, { termsOfServiceAgreed: true, ...contact });
    this.#account = header(account, 'location');

    const identifiers = [{ type: 'dns', value: domain }];
    const ordered = await this.#post(newOrder, { identifiers });
    const orderUrl = header(ordered, 'location');
    const { authorizations, finalize } = parse(order, ordered);
    for (const authorizationUrl of authorizations) await this.#prove(authorizationUrl, onChallenge);
    // An authority may take a moment to see that everything is proven.
    await this.#settle(orderUrl, order, ({ status }) => status !== 'pending');
    await this.#post(finalize, { csr: certificateRequest.toString('base64url') });

    const done = await this.#settle(
      orderUrl,
      order,
      ({ status }) => status === 'valid' || status === 'invalid',
    );
    if (done.certificate === undefined) throw new AcmeError(done.error?.detail ?? 'the order failed');
    return (await this.#post(done.certificate)).body;
  }

  /** Answers the challenge of one authorization, unless what was proven before still counts. */
  async #prove(authorizationUrl: string, onChallenge: AcmeOrder['onChallenge']): Promise<void> {
    const { status, challenges } = parse(authorization, await this.#post(authorizationUrl));
    if (status === 'valid') return;
    const challenge = challenges.find(({ type }) => type === 'tls-alpn-01');
    if (challenge?.token === undefined) throw new AcmeError('TLS-ALPN-01 is not offered for this name');
    const thumbprint = createHash('sha256').update(JSON.stringify(this.#jwk)).digest('base64url');
    onChallenge(createHash('sha256').update(`${challenge.token}.${thumbprint}`).digest());
    await this.#post(challenge.url, {});
    const done = await this.#settle(authorizationUrl, authorization, (one) => one.status !== 'pending');
    if (done.status === 'valid') return;
    const reason = done.challenges.find(({ error }) => error !== undefined)?.error?.detail ?? done.status;
    throw new AcmeError(`port 443 of this name must lead to this server, but its proof failed (${reason})`);
  }

  /** Asks again and again until it is done, as often as the authority likes. */
  async #settle<T>(at: string, schema: z.ZodType<T>, isDone: (value: T) => boolean): Promise<T> {
    const deadline = performance.now() + DONE_WITHIN_MS;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LAST_PAUSE_MS)) {
      const answer = await this.#post(at);
      const value = parse(schema, answer);
      if (isDone(value)) return value;
      if (performance.now() > deadline) throw new AcmeError('the authority did not come to an end in time');
      const wanted = Math.max(retryAfter(answer) ?? 0, pause);
      await sleep(Math.min(wanted, DONE_WITHIN_MS), undefined, { signal: this.#options.signal, ref: false });
    }
  }

  /** A signed request (RFC 8555, 6.2); without content it asks what GET would (6.3). */
  async #post(at: string, payload?: object): Promise<HttpAnswer> {
    for (let refusals = 0; ; refusals++) {
      const nonce = this.#nonce ?? header(await this.#ask(this.#newNonce, 'HEAD'), 'replay-nonce');
      const answer = await this.#ask(at, 'POST', this.#signed(at, nonce, payload));
      if (answer.status < 300) return answer;
      const { type, detail } = problem.catch({ type: '', detail: '' }).parse(json(answer));
      if (type === BAD_NONCE && refusals < MOST_BAD_NONCES) continue;
      throw new AcmeError(detail || `${at} answered with HTTP status ${answer.status}`, retryAfter(answer));
    }
  }

  /** A JSON web signature (RFC 7515), as ACME wants it. */
  #signed(at: string, nonce: string, payload: object | undefined): object {
    const who = this.#account === undefined ? { jwk: this.#jwk } : { kid: this.#account };
    const head = { alg: 'ES256', nonce, url: at, ...who };
    const [protect, content] = [
      JSON.stringify(head),
      payload === undefined ? '' : JSON.stringify(payload),
    ].map((part) => Buffer.from(part).toString('base64url'));
    const key = { key: this.#options.accountKey, dsaEncoding: 'ieee-p1363' as const };
    const signature = sign('sha256', Buffer.from(`${protect}.${content}`), key).toString('base64url');
    return { protected: protect, payload: content, signature };
  }

  async #directory(): Promise<z.infer<typeof directory>> {
    const { directoryUrl } = this.#options;
    const answer = await this.#ask(directoryUrl, 'GET');
    if (answer.status !== 200)
      throw new AcmeError(`${directoryUrl} answered with HTTP status ${answer.status}`);
    return parse(directory, answer);
  }

  async #ask(at: string, method: 'GET' | 'HEAD' | 'POST', body?: object): Promise<HttpAnswer> {
    const { ca, signal } = this.#options;
    const answer = await ask(at, { method, ca, signal, ...(body && { body }) });
    const nonce = answer.headers['replay-nonce'];
    this.#nonce = typeof nonce === 'string' ? nonce : undefined;
    return answer;
  }
}

function json({ body }: HttpAnswer): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function parse<T>(schema: z.ZodType<T>, answer: HttpAnswer): T {
  const parsed = schema.safeParse(json(answer));
  if (!parsed.success)
    throw new AcmeError(`an answer is not as RFC 8555 has it: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function header({ headers }: HttpAnswer, name: string): string {
  const value = headers[name];
  if (typeof value !== 'string') throw new AcmeError(`an answer has no ${name}`);
  return value;
}

/** The wait that an answer asks for, in milliseconds: seconds or a date (RFC 9110, 10.2.3). */
function retryAfter({ headers }: HttpAnswer): number | undefined {
  const value = headers['retry-after'];
  if (value === undefined) return undefined;
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}
