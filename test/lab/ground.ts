import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { Internet, type Host } from './internet.ts';
import type { Lab } from './lab.ts';
import { type Network, PUBLISHED, WEB_PORT } from './networks.ts';

const PROXY = join(import.meta.dirname, 'programs', 'connect-proxy.ts');
const PROXY_PORT = 3128;

/** A machine for someone, and the HTTP proxy that their browser has to use, if there is one. */
export interface ClientHost extends Host {
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
}

/** Builds a network of the table. */
export async function build(lab: Lab, { clients, server: home }: Network): Promise<Ground> {
  const internet = await Internet.in(lab);

  const client = async (label: string): Promise<ClientHost> => {
    if (!clients) return internet.host(label);
    const router = await internet.router(`${label}s-router`, clients);
    const host = await internet.hostBehind(router, label);
    if (!clients.proxy) return host;
    await router.machine.start(process.execPath, [PROXY, String(PROXY_PORT)]).readUntil('ready');
    return { ...host, proxy: `http://${router.lan.routerAddress}:${PROXY_PORT}` };
  };

  if (!home) {
    const server = await internet.host('server');
    const [ann, ben] = [await client('ann'), await client('ben')];
    return { ann, ben, server, address: server.address, url: urlOf(server.address) };
  }
  const router = await internet.router('servers-router');
  const server = await internet.hostBehind(router, 'server');
  for (const port of PUBLISHED) {
    const number = Number(port.split(' ')[1]);
    await router.lead(port, server.address, number === WEB_PORT ? home.webPort : number);
  }
  const ann = home.annIsThere ? await internet.hostBehind(router, 'ann') : await client('ann');
  return { ann, ben: await client('ben'), server, address: router.address, url: urlOf(router.address) };
}

function urlOf(address: string): string {
  return `https://${isIPv6(address) ? `[${address}]` : address}`;
}
