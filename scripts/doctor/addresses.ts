import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { AnnouncedAddresses } from '../../server/reach/announced-addresses.ts';
import { mediaAddressFor } from '../../server/reach/turn-neighbour.ts';
import { broken, type Check, doubt, good } from './finding.ts';

/** What clients are told of where the media is. */
export const checkAddresses: Check = async ({ MEDIA_ADDRESSES, PUBLIC_URL, TURN, TURN_HOST }) => {
  // Without a way to the relay the check of that tells.
  const relayed =
    TURN === 'on' && TURN_HOST !== undefined
      ? await mediaAddressFor(TURN_HOST).catch(() => undefined)
      : undefined;
  const addresses = new AnnouncedAddresses({
    configured: MEDIA_ADDRESSES,
    publicName: undefined,
    relayed,
  });
  const list = addresses.list();
  addresses.close();
  const from = MEDIA_ADDRESSES ? 'set by MEDIA_ADDRESSES' : 'of this machine';
  const also = !MEDIA_ADDRESSES && PUBLIC_URL ? `, and whatever ${PUBLIC_URL.hostname} resolves to` : '';
  return [good('addresses', `${list.join(', ')} (${from})${also}.`)];
};

/** Whether the name that people type leads here. */
export const checkName: Check = async ({ PUBLIC_URL, MEDIA_PORT, MEDIA_WORKERS, TURN, TURN_HOST }) => {
  if (!PUBLIC_URL) {
    return [doubt('name', 'PUBLIC_URL is not set: people reach this server by its address only.')];
  }
  const name = PUBLIC_URL.hostname.replace(/^\[|\]$/g, '');
  const found = await lookup(name, { all: true }).catch(() => []);
  if (found.length === 0) {
    return [broken('name', `${name} does not resolve: add an A or AAAA record that leads to this server.`)];
  }
  const own = Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []);
  const list = found.map(({ address }) => address).join(', ');
  if (found.every(({ address }) => own.includes(address))) {
    return [good('name', `${name} resolves to ${list}, which is this machine.`)];
  }
  const last = MEDIA_PORT + MEDIA_WORKERS - 1;
  const ports = last > MEDIA_PORT ? `${MEDIA_PORT} to ${last}` : String(MEDIA_PORT);
  // In a container with a relay beside it the name leads to who publishes the ports, and never to the container.
  if (TURN === 'on' && TURN_HOST !== undefined) {
    return [good('name', `${name} resolves to ${list}: there 443/TCP and ${ports}/UDP have to lead here.`)];
  }
  return [
    doubt(
      'name',
      `${name} resolves to ${list}, which is no address of this machine: behind a router, forward ${ports} UDP and TCP and the port of the page to it.`,
    ),
  ];
};
