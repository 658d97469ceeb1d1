import { availableParallelism } from 'node:os';
import { z } from 'zod';

/** A whole number in a range, written in decimal. */
const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));

const MOST_WORKERS_BY_DEFAULT = 4;

/**
 * Every setting of ChatAway, once: its type, its default and what it means. Each is an environment
 * variable of the same name; with `_FILE` appended it names a file that holds the value instead.
 */
export const schema = z.strictObject({
  /** The TCP port of the web application. */
  PORT: integer(0, 65_535).default(3000),

  /** The address that the web application listens on; the default is every address of the machine. */
  HOST: z.string().min(1, 'must not be empty').optional(),

  /** The folder of the database and the generated secrets; made where it does not exist. */
  DATA_DIR: z.string().min(1, 'must not be empty').default('./data'),

  /**
   * The address people type, for example `https://call.example.org`, where it is another than the one
   * this server listens on (a proxy stands in front). It decides which origin may speak to the server, and
   * whether cookies are `Secure`.
   */
  PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
    .transform((url) => new URL(url))
    .optional(),

  /** The first media port, UDP and TCP: worker 0 has this one, worker 1 the next, and so on; 0 takes free ones. */
  MEDIA_PORT: integer(0, 65_000).default(44_444),

  /**
   * The IPv4 addresses, separated by commas, at which clients reach the media ports. The default is the
   * addresses of this machine's interfaces, looked up anew for each call.
   */
  MEDIA_ADDRESSES: z
    .string()
    .transform((list) => list.split(',').map((address) => address.trim()))
    .pipe(z.array(z.ipv4('must be IPv4 addresses, separated by commas')).min(1))
    .optional(),

  /** How many media worker processes run; the default is one a core, at most 4. */
  MEDIA_WORKERS: integer(1, 64).default(() => Math.min(availableParallelism(), MOST_WORKERS_BY_DEFAULT)),

  /** A certificate chain in PEM; with `TLS_KEY` the server speaks HTTPS and WSS itself. */
  TLS_CERT: z.string().min(1, 'must name a file').optional(),

  /** The certificate's private key in PEM. */
  TLS_KEY: z.string().min(1, 'must name a file').optional(),

  /** Multiplies every rate limit: for load tests, or for many people behind one address. */
  RATE_LIMIT_FACTOR: integer(1, 1_000_000).default(1),

  /** The least severe log lines that are written. */
  LOG_LEVEL: z
    .enum(
      ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
      'must be trace, debug, info, warn, error or silent',
    )
    .default('info'),
});

export type Settings = z.infer<typeof schema>;
