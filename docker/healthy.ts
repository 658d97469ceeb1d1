// Whether the ChatAway of this container answers: the health check of its image. The certificate may be one for the
// outside name, or one of its own while the real one is on its way.
import { get } from 'node:http';
import { get as getSecurely } from 'node:https';
import { loadConfig } from '../config/load.ts';

const { HOST = '127.0.0.1', PORT, TLS_CERT, ACME } = loadConfig(process.env);
const options = { host: HOST, port: PORT, path: '/healthz', timeout: 4_000 };
const isSecure = TLS_CERT !== undefined || ACME === 'on';
const request = isSecure ? getSecurely({ ...options, rejectUnauthorized: false }) : get(options);
request.once('response', ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1));
request.once('timeout', () => process.exit(1));
request.once('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
