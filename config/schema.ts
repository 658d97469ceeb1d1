import { availableParallelism } from 'node:os';
import { z } from 'zod';

/** A whole number in a range, written in decimal. */
const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));

/** One or more, separated by commas. */
const listOf = <T extends z.ZodType<unknown, string>>(item: T) =>
  z
    .string()
    .transform((list) => list.split(',').map((one) => one.trim()))
    .pipe(z.array(item).min(1));

const MOST_WORKERS_BY_DEFAULT = 4;

/** What every proxy passes on as it is, and a cookie's name and path can have. */
const BASE_PATH = /^\/(\w[\w.-]*\/)*(\w[\w.-]*)?$/;
/**
 * Below one of these, `/api/session` would have two meanings: the session, from a proxy that takes the path off before it
 * passes a request on, and `/session`, from a proxy that does not.
 */
const OWN_PATHS = ['api', 'ws', 'assets', 'healthz', 'readyz', 'metrics'];

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

  /** The folder of the backups; the default is `backups` in DATA_DIR. Better on another disk. */
  BACKUP_DIR: z.string().min(1, 'must not be empty').optional(),

  /**
   * The address people type, for example `https://call.example.org` or `https://example.org/chat/`, where it is another
   * than the one this server listens on (a proxy stands in front). It decides which origin may speak to the server,
   * whether cookies are `Secure`, and below which path of its host the page and everything it asks for are.
   */
  PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
    .transform((url) => new URL(url))
    .refine(
      ({ href, origin, pathname }) => href === origin + pathname,
      'must be an address without a user, "?" and "#"',
    )
    .refine(
      ({ pathname }) => BASE_PATH.test(pathname),
      'must be an address with only ASCII letters, digits, "-", "_" and "." between the slashes of its path',
    )
    .refine(
      ({ pathname }) => !OWN_PATHS.includes(pathname.split('/')[1] ?? ''),
      `must be an address whose path begins with none of ${OWN_PATHS.join(', ')}: they are ChatAway's own`,
    )
    .optional(),

  /** The first media port, UDP and TCP: worker 0 has this one, worker 1 the next, and so on; 0 takes free ones. */
  MEDIA_PORT: integer(0, 65_000).default(44_444),

  /**
   * Whether the media ports also take TCP, for networks without UDP; `off` where only UDP leads to them, so that
   * nobody tries the other in vain.
   */
  MEDIA_TCP: z.enum(['off', 'on'], 'must be on or off').default('on'),

  /**
   * The IPv4 and IPv6 addresses, separated by commas, at which clients reach the media ports. The default is
   * what the name in PUBLIC_URL resolves to and the addresses of this machine's interfaces, followed as they change.
   */
  MEDIA_ADDRESSES: listOf(
    z.union([z.ipv4(), z.ipv6()], 'must be IPv4 or IPv6 addresses, separated by commas'),
  ).optional(),

  /** How many media worker processes run; the default is one a core, at most 4. */
  MEDIA_WORKERS: integer(1, 64).default(() => Math.min(availableParallelism(), MOST_WORKERS_BY_DEFAULT)),

  /** A certificate chain in PEM; with `TLS_KEY` the server speaks HTTPS and WSS itself. */
  TLS_CERT: z.string().min(1, 'must name a file').optional(),

  /** The certificate's private key in PEM. */
  TLS_KEY: z.string().min(1, 'must name a file').optional(),

  /**
   * Whether the server gets its certificate itself, by ACME (RFC 8555) for the name in PUBLIC_URL, from Let's Encrypt
   * unless ACME_DIRECTORY says otherwise. `on` agrees to the authority's terms. Port 443 of that name must lead here.
   */
  ACME: z.enum(['off', 'on'], 'must be on or off').default('off'),

  /** Where the authority writes to, should something be wrong with the certificate. */
  ACME_EMAIL: z.email('must be an email address').optional(),

  /** The directory of another authority. */
  ACME_DIRECTORY: z
    .url({ protocol: /^https$/, error: 'must be an https:// address' })
    .default('https://acme-v02.api.letsencrypt.org/directory'),

  /** The roots that a private authority's own HTTPS is signed with, in PEM; `ACME_CA_FILE` names a file of them. */
  ACME_CA: z.string().startsWith('-----BEGIN CERTIFICATE-----', 'must be certificates in PEM').optional(),

  /**
   * The proxies in front of the web application, as addresses or networks (`10.0.0.0/8`), separated by commas. Only
   * what these say of a client's address (`X-Forwarded-For`) is believed.
   */
  TRUSTED_PROXIES: listOf(
    z.union(
      [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()],
      'must be addresses or networks such as 10.0.0.0/8, separated by commas',
    ),
  ).default([]),

  /**
   * Whether media also goes through a TURN relay, for networks that let only some ports through: `on` starts
   * coturn beside the server.
   */
  TURN: z.enum(['off', 'on'], 'must be on or off').default('off'),

  /** The port of TURN, UDP and TCP. Over TLS it shares the port of the web application. */
  TURN_PORT: integer(1, 65_533).default(3478),

  /**
   * The address of a coturn that runs elsewhere, in an inner network with this server: none is started then. Clients
   * come to it over TLS at the port of the web application only; it has them from this server at TURN_PORT.
   */
  TURN_HOST: z.union([z.ipv4(), z.ipv6()], 'must be an IPv4 or IPv6 address').optional(),

  /** The folder, seen by that coturn as well, where its configuration is written for it: `turnserver.conf`. */
  TURN_DIR: z.string().min(1, 'must not be empty').optional(),

  /**
   * What signs the credentials of TURN, at most two, separated by commas: the first signs, both are accepted, so that
   * the second can be the one before. The default is a new one at each start, or the one that TURN_DIR has.
   */
  TURN_SECRET: listOf(z.string().min(32, 'must have at least 32 characters each'))
    .refine((list) => list.length <= 2, 'must be at most two')
    .optional(),

  /**
   * Who may sign up: everyone, who has an invitation, or nobody. It counts until an admin decides, which is kept in the
   * database.
   */
  REGISTRATION: z
    .enum(['open', 'invitation', 'closed'], 'must be open, invitation or closed')
    .default('open'),

  /** How many days after its sign-in a session ends, however much it is used. Unused, it ends after 15 to 30 days. */
  SESSION_DAYS: integer(1, 3_650).default(90),

  /** Multiplies every rate limit: for load tests, or for many people behind one address. */
  RATE_LIMIT_FACTOR: integer(1, 1_000_000).default(1),

  /** Who brings it as a bearer token may read `/metrics`; without one only admins may, with their session. */
  METRICS_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),

  /** The least severe log lines that are written. */
  LOG_LEVEL: z
    .enum(
      ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
      'must be trace, debug, info, warn, error or silent',
    )
    .default('info'),
});

export type Settings = z.infer<typeof schema>;
