import { join } from 'node:path';
import { makeCertificate } from '../support/certificate.ts';
import { Internet, type Host } from './internet.ts';
import type { Lab } from './lab.ts';
import type { Namespace } from './namespace.ts';
import { type Network, PUBLISHED, type ServersHome, WEB_PORT } from './networks.ts';
import type { Router } from './router.ts';
import { LabServer } from './server.ts';

/** What people type: a name, as everywhere. */
const NAME = 'chataway.test';
const PROXY = join(import.meta.dirname, 'programs', 'connect-proxy.ts');
const PROXY_PORT = 3128;

/** A machine for someone, their router, and the HTTP proxy that their browser has to use, where there is one. */
export interface ClientHost extends Host {
  readonly router?: Router;
  readonly proxy?: string;
}

/** A network that stands, before anything but a proxy runs in it. */
export interface Ground {
  readonly ann: ClientHost;
  readonly ben: ClientHost;
  readonly server: Host;
  /** Where everyone reaches the server, whose web application is on the usual port of HTTPS there. */
  readonly address: string;
  readonly url: string;
  /** The server's own port of its web application. */
  readonly webPort: number;
  /** Gives the server's line another address, which all learn in place of the old one, and returns it. */
  readonly move: () => Promise<string>;
}

/** What a ground is built from. */
export interface Plan extends Pick<Network, 'clients' | 'server'> {
  /** Whether `clients` tells of Ann alone, and Ben has a line of his own. */
  readonly benIsFree?: boolean;
  /** Whether the server is going to have another address. */
  readonly moves?: boolean;
}

/** Builds a network. */
export async function build(lab: Lab, { clients, server: home, benIsFree, moves }: Plan): Promise<Ground> {
  const internet = await Internet.in(lab);
  const router = home && (await internet.router('servers-router'));
  const server = router ? await internet.hostBehind(router, 'server') : await internet.host('server');
  const address = router?.address ?? server.address;
  if (router) await publish(router, server, home);
  /** Who looks the server's name up. */
  const asking = new Set<Namespace>();
  const learn = async (machine: Namespace, now = address) => {
    asking.add(machine);
    await (moves ? machine.hear(NAME, now) : machine.learn(NAME, now));
  };
  await learn(server.machine);

  const client = async (label: string, place: Router | undefined): Promise<ClientHost> => {
    const host = place
      ? { ...(await internet.hostBehind(place, label)), router: place }
      : await internet.host(label);
    if (!clients?.proxy || !place) {
      await learn(host.machine);
      return host;
    }
    // Where all goes through a proxy, it alone finds out what a name stands for.
    await learn(place.machine);
    await place.machine.start(process.execPath, [PROXY, String(PROXY_PORT)]).readUntil('ready');
    return { ...host, proxy: `http://${place.lan.routerAddress}:${PROXY_PORT}` };
  };
  const routerOf = async (label: 'ann' | 'ben') => {
    if (home?.inside === label) return router;
    return label === 'ben' && benIsFree ? undefined : clients && internet.router(`${label}s-router`, clients);
  };
  const ann = await client('ann', await routerOf('ann'));
  const ben = await client('ben', await routerOf('ben'));
  const move = async () => {
    const now = await internet.move((router ?? server).machine);
    await router?.move(now);
    await Promise.all([...asking].map((machine) => learn(machine, now)));
    return now;
  };
  return { ann, ben, server, address, url: `https://${NAME}`, webPort: home?.webPort ?? WEB_PORT, move };
}

/** Starts the server as an operator runs it to be reached by everyone: HTTPS, and a relay. */
export function serve(
  lab: Lab,
  { server, url, webPort }: Ground,
  settings: Record<string, string> = {},
): Promise<LabServer> {
  const { certFile, keyFile } = makeCertificate(lab.folder);
  return LabServer.start(lab, server.machine, {
    PORT: String(webPort),
    PUBLIC_URL: url,
    TLS_CERT: certFile,
    TLS_KEY: keyFile,
    TURN: 'on',
    RATE_LIMIT_FACTOR: '1000000',
    ...settings,
  });
}

async function publish(
  router: Router,
  server: Host,
  { webPort, published = PUBLISHED }: ServersHome,
): Promise<void> {
  for (const port of published) {
    const number = Number(port.split(' ')[1]);
    await router.lead(port, server.address, number === WEB_PORT ? webPort : number);
  }
}
