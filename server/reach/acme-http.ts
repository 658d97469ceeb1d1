import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';

const ANSWER_WITHIN_MS = 30_000;
const MOST_BYTES = 1024 * 1024;

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly body?: object;
  /** The roots to trust, in PEM, instead of those that Node brings. */
  readonly ca: string | undefined;
  /** Ends the request, which then fails. */
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * One request to an authority, by HTTPS alone. It is `fetch` but for two things: that one cannot be told which roots
 * to trust for one request, and bounds no answer.
 *
 * @throws {Error} one sentence that names the authority's host, where it cannot be reached or does not answer.
 */
export async function ask(url: string, { method, body, ca, signal }: HttpRequest): Promise<HttpAnswer> {
  const headers = { 'user-agent': 'ChatAway', ...(body && { 'content-type': 'application/jose+json' }) };
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
  try {
    return await new Promise<HttpAnswer>((resolve, reject) => {
      const sent = request(url, { method, headers, signal: limit, ...(ca !== undefined && { ca }) });
      sent.once('error', reject).once('response', (answer) => {
        const parts: Buffer[] = [];
        let bytes = 0;
        answer.on('data', (part: Buffer) => {
          parts.push(part);
          bytes += part.length;
          if (bytes > MOST_BYTES) answer.destroy(new Error('the answer is too long'));
        });
        answer.once('error', reject).once('end', () => {
          const { statusCode: status = 0, headers } = answer;
          resolve({ status, headers, body: Buffer.concat(parts).toString() });
        });
      });
      sent.end(body && JSON.stringify(body));
    });
  } catch (error) {
    throw new Error(`${new URL(url).host} cannot be reached: ${reasonOf(error)}`, { cause: error });
  }
}

/** Where several addresses were tried, there is a code and no message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ('code' in error ? String(error.code) : error.name);
}
