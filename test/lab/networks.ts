import type { IpVersion } from './subnet.ts';
import type { Port, RouterRules } from './router.ts';

/** The ports of the server as the outside knows them, and one that nobody has. */
export const WEB_PORT = 443;
export const TURN_PORT = 3478;
export const MEDIA_PORT = 44_444;
const STRANGE_PORT = 7_777;

export const PORTS: readonly Port[] = [WEB_PORT, TURN_PORT, MEDIA_PORT, STRANGE_PORT].flatMap(
  (number): Port[] => [`tcp ${number}`, `udp ${number}`],
);

/** Those that an operator opens on a router. */
export const PUBLISHED: readonly Port[] = [
  `tcp ${WEB_PORT}`,
  `tcp ${TURN_PORT}`,
  `udp ${TURN_PORT}`,
  `tcp ${MEDIA_PORT}`,
  `udp ${MEDIA_PORT}`,
];

/** Where a server is that has no address of its own on the Internet. */
export interface ServersHome {
  /** The server's own port of the web application. */
  readonly webPort: number;
  /** The router's ports that lead to it; the default is PUBLISHED. */
  readonly published?: readonly Port[];
  /** Who is behind the same router. */
  readonly inside?: 'ann' | 'ben';
}

/** A network in which people call one another, and how. */
export interface Network {
  readonly name: string;
  /** The default is 4. */
  readonly ip?: IpVersion;
  /** What stands between each client and the Internet, and whether it has an HTTP proxy; by default nothing does. */
  readonly clients?: RouterRules & { readonly proxy?: boolean };
  /** Where the server is behind a router that leads ports to it. */
  readonly server?: ServersHome;
  /** Those of PORTS by which the clients reach the server's address, and no others. */
  readonly open: readonly Port[];
  /** How media goes, as `CallReport` in pair.ts tells it. */
  readonly way: string;
}

const TCP = PORTS.filter((port) => port.startsWith('tcp'));
const HTTPS: readonly Port[] = ['tcp 443'];
/** As docker/compose.yaml publishes them. */
const DOCKER: readonly Port[] = ['tcp 443', 'udp 44444'];

/** Where each call has to connect, one network a line. */
// prettier-ignore
export const NETWORKS: readonly Network[] = [
  { name: 'open', open: PORTS, way: 'udp' },
  { name: 'UDP blocked', clients: { out: ['meta l4proto tcp'] }, open: TCP, way: 'tcp' },
  { name: 'only 443/TCP', clients: { out: ['tcp dport 443'] }, open: HTTPS, way: 'turns:tcp' },
  { name: 'only 443/TCP, through an HTTP proxy', clients: { out: [], proxy: true }, open: [], way: 'turns:tcp' },
  { name: 'symmetric NAT on both sides', clients: { symmetric: true }, open: PORTS, way: 'udp' },
  { name: 'server behind NAT, a client inside', server: { webPort: 443, inside: 'ann' }, open: PUBLISHED, way: 'udp' },
  { name: 'IPv6 only', ip: 6, open: PORTS, way: 'udp' },
  { name: 'server in a Docker bridge', server: { webPort: 3000, published: DOCKER }, open: DOCKER, way: 'udp' },
];
