import { join } from 'node:path';
import { Internet, type Host } from './internet.ts';
import type { Lab } from './lab.ts';
import { type Network, PUBLISHED, WEB_PORT } from './networks.ts';
import type { Router } from './router.ts';

/** What people type: a name, as everywhere. */
const NAME = 'chataway.test';
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
  const router = home && (await internet.router('servers-router'));
  const server = router ? await internet.hostBehind(router, 'server') : await internet.host('server');
  const address = router?.address ?? server.address;
  if (router) await publish(router, server, home.webPort);
  await server.machine.learn(NAME, address);

  const client = async (label: string, place: Router | undefined): Promise<ClientHost> => {
    const host = place ? await internet.hostBehind(place, label) : await internet.host(label);
    if (!clients?.proxy || !place) {
      await host.machine.learn(NAME, address);
      return host;
    }
    // Where all goes through a proxy, it alone finds out what a name stands for.
    await place.machine.learn(NAME, address);
    await place.machine.start(process.execPath, [PROXY, String(PROXY_PORT)]).readUntil('ready');
    return { ...host, proxy: `http://${place.lan.routerAddress}:${PROXY_PORT}` };
  };
  const routerOf = async (label: string) => clients && internet.router(`${label}s-router`, clients);
  const ann = await client('ann', home?.annIsThere ? router : await routerOf('ann'));
  const ben = await client('ben', await routerOf('ben'));
  return { ann, ben, server, address, url: `https://${NAME}` };
}

async function publish(router: Router, server: Host, webPort: number): Promise<void> {
  for (const port of PUBLISHED) {
    const number = Number(port.split(' ')[1]);
    await router.lead(port, server.address, number === WEB_PORT ? webPort : number);
  }
}
