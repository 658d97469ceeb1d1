import {
  request as httpRequest,
  type ClientRequest,
  type IncomingHttpHeaders,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export interface RawOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** The address of this machine that the request comes from; all of 127.0.0.0/8 are. */
  from?: string;
  /** A certificate to trust. */
  ca?: string;
}

/** A request with nothing added, unlike `fetch`: any header, from any local address, to any certificate. */
export function raw(url: string, path: string, options: RawOptions = {}): Promise<RawAnswer> {
  const { body, headers = {} } = options;
  // Node tells the length by itself only for methods that usually have a body.
  const length =
    body === undefined || 'transfer-encoding' in headers ? undefined : String(Buffer.byteLength(body));
  const { request, answer } = begin(url, path, {
    ...options,
    headers: { ...(length !== undefined && { 'content-length': length }), ...headers },
  });
  request.end(body);
  return answer;
}

/** The same, with its body still to come: the server has the headers and waits. */
export function begin(
  url: string,
  path: string,
  { method = 'GET', headers = {}, from, ca }: RawOptions = {},
): { request: ClientRequest; answer: Promise<RawAnswer> } {
  const { protocol, hostname, port } = new URL(url);
  const options: RequestOptions & { ca?: string } = {
    method,
    path,
    // Addresses of the loopback are IPv4.
    host: from === undefined ? hostname : '127.0.0.1',
    port,
    headers: { host: `${hostname}:${port}`, ...headers },
    agent: false,
    ...(from !== undefined && { localAddress: from }),
    ...(ca !== undefined && { ca, servername: hostname }),
  };
  const request = protocol === 'https:' ? httpsRequest(options) : httpRequest(options);
  const answer = new Promise<RawAnswer>((resolve, reject) => {
    request.on('error', reject);
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      reject(new Error('the server upgraded the connection'));
    });
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
  });
  return { request, answer };
}

/** The headers of a JSON request from one of the server's own pages. */
export const jsonFrom = (url: string, cookie?: string): Record<string, string> => ({
  'content-type': 'application/json',
  origin: new URL(url).origin,
  ...(cookie !== undefined && { cookie }),
});

/** What a WebSocket upgrade sends beside its cookie and origin. */
export const UPGRADE_HEADERS = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol': 'protoo',
};
