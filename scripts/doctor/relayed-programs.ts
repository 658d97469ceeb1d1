import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { isLoopback } from '../../server/ip-address.ts';
import { relayReachesOthers } from '../../server/reach/relay-reach.ts';
import { type Check, doubt, good } from './finding.ts';

/** A UDP socket that is bound to every address of the machine. */
interface OpenSocket {
  readonly port: number;
  readonly user: number;
  readonly inode: string;
}

/** The programs besides the media that the relay reaches, by name. */
export const checkRelayedPrograms: Check = async ({
  TURN,
  TURN_HOST,
  TURN_PORT,
  MEDIA_PORT,
  MEDIA_WORKERS,
}) => {
  if (TURN === 'off') return [];
  // A relay on another machine, or in a network of its own, sends from an address of that network.
  const isHere = TURN_HOST === undefined || isLoopback(TURN_HOST);
  if (isHere && !(await relayReachesOthers())) {
    return [good('relay', 'reaches nothing but the media: the firewall keeps other programs from it.')];
  }
  const own = new Set([
    TURN_PORT,
    ...Array.from({ length: MEDIA_WORKERS }, (_, index) => MEDIA_PORT + index),
  ]);
  const open = (await openSockets()).filter(({ port }) => !own.has(port));
  if (open.length === 0)
    return [good('relay', 'no program but the media listens for UDP at every address right now.')];
  const names = await programNames(open);
  const mend = isHere
    ? 'start ChatAway as root with nftables installed, set the firewall rule in README.md under "On the Internet", or bind them to an address'
    : `keep ${TURN_HOST} from them in the firewall, or bind them to an address`;
  return [
    doubt(
      'relay',
      `also reaches programs that listen for UDP at every address: ${names.join(', ')}. To prevent that, ${mend}.`,
    ),
  ];
};

async function openSockets(): Promise<OpenSocket[]> {
  const tables = await Promise.all(
    ['udp', 'udp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')),
  );
  // Most sockets that are bound to all of IPv6 take IPv4 as well.
  const lines = tables.join('').matchAll(/^ *\d+: 0+:([0-9A-F]{4}) (.*)$/gm);
  return [...lines].map(([, port = '', rest = '']) => {
    const [user = '', , inode = ''] = rest.split(/ +/).slice(5);
    return { port: parseInt(port, 16), user: Number(user), inode };
  });
}

/** Each as `name (UDP port)`; one whose process cannot be seen from here by its user. */
async function programNames(sockets: readonly OpenSocket[]): Promise<string[]> {
  const programs = await programsByInode();
  const names = sockets.map(
    ({ port, user, inode }) =>
      [port, `${programs.get(inode) ?? `a program of user ${user}`} (UDP ${port})`] as const,
  );
  return [...new Map(names)].sort(([a], [b]) => a - b).map(([, name]) => name);
}

/** The names of the programs that this user may look into, by the inodes of their sockets. */
async function programsByInode(): Promise<Map<string, string>> {
  const programs = new Map<string, string>();
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  for (const id of ids) {
    try {
      const name = basename(await readlink(`/proc/${id}/exe`));
      for (const descriptor of await readdir(`/proc/${id}/fd`)) {
        const target = await readlink(`/proc/${id}/fd/${descriptor}`).catch(() => '');
        const [, inode] = /^socket:\[(\d+)\]$/.exec(target) ?? [];
        if (inode !== undefined) programs.set(inode, name);
      }
    } catch {
      // It has ended meanwhile, or belongs to another user.
    }
  }
  return programs;
}
