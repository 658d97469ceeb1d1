import { once } from 'node:events';
import { createServer } from 'node:net';
import { createSocket } from 'node:dgram';
import { basePath, type Config, mediaProtocols, ownAddress, pageAddress } from '../../config/load.ts';
import { accepts } from '../../server/reach/accepts.ts';
import { broken, type Check, doubt, type Finding, good } from './finding.ts';
import { askRelay, type Way } from './stun.ts';

const ANSWERS_WITHIN_MS = 3_000;
const LOOPBACK = '127.0.0.1';
/** Where a page names the path below which its files are. */
const BASE = /<base href="([^"]*)"/;

/** The page on this machine, and by the name that people type. */
export const checkPage: Check = async (config) => {
  const { PORT, PUBLIC_URL } = config;
  const findings: Finding[] = [];
  if (await isTaken('tcp', PORT)) {
    findings.push(good('page', `something listens on port ${PORT} (${ownAddress(config)}).`));
  } else {
    findings.push(
      doubt('page', `nothing listens on port ${PORT}: ChatAway is not running, or on another port.`),
    );
  }
  if (!PUBLIC_URL) return findings;
  const address = pageAddress(config);
  const get = (path: string) => fetch(address + path, { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) });
  try {
    const answer = await get('/api/session');
    const text = await answer.text();
    if (!answer.ok || !text.includes('"account"')) {
      const what = `${address} answers with ${answer.status}, and it is not ChatAway: see the proxy.`;
      findings.push(broken('page', what));
      return findings;
    }
    const path = BASE.exec(await (await get('/')).text())?.[1];
    findings.push(
      path === undefined || path === `${basePath(config)}/`
        ? good('page', `ChatAway answers at ${address}.`)
        : broken(
            'page',
            `the page at ${address} looks for its files below ${path}: start ChatAway with this PUBLIC_URL, too.`,
          ),
    );
  } catch (error) {
    const reason =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    findings.push(
      doubt(
        'page',
        `${address} does not answer from here (${reason}): a firewall, the router's forwarding, or a router that does not lead its own network back in.`,
      ),
    );
  }
  return findings;
};

/** Each media port: taken, as it is while ChatAway runs, or free. */
export const checkMediaPorts: Check = async (config) => {
  const { MEDIA_PORT, MEDIA_WORKERS } = config;
  if (MEDIA_PORT === 0) return [good('media ports', 'any free ones.')];
  const ports = Array.from({ length: MEDIA_WORKERS }, (_, index) => MEDIA_PORT + index);
  const protocols = mediaProtocols(config);
  const taken = await Promise.all(
    ports.flatMap((port) => protocols.map((protocol) => isTaken(protocol, port))),
  );
  const list = ports.join(', ');
  const all = `${list}, ${protocols.map((one) => one.toUpperCase()).join(' and ')},`;
  if (taken.every(Boolean)) {
    return [good('media ports', `${all} are in use: open them in the firewall for everyone.`)];
  }
  if (!taken.some(Boolean)) return [doubt('media ports', `${all} are free: ChatAway does not run.`)];
  return [
    broken('media ports', `some of ${list} are taken by another program: stop that one, or set MEDIA_PORT.`),
  ];
};

/** The relay, by each way that clients have to it. */
export const checkRelay: Check = async (config) => {
  const { TURN, TURN_HOST, TURN_PORT, TLS_CERT, ACME, HOST = LOOPBACK, PORT } = config;
  if (TURN === 'off') return [];
  if (TURN_HOST !== undefined && !(await accepts(TURN_HOST, TURN_PORT))) {
    return [
      broken(
        'relay',
        `nothing takes connections at ${TURN_HOST}, port ${TURN_PORT}: start coturn there with the turnserver.conf in TURN_DIR.`,
      ),
    ];
  }
  const ways: Promise<Finding>[] = [];
  if (TURN_HOST === undefined) {
    ways.push(askBy('udp', LOOPBACK, TURN_PORT, config), askBy('tcp', LOOPBACK, TURN_PORT, config));
  }
  // Through our own front, which hands over to either kind of relay.
  if (TLS_CERT !== undefined || ACME === 'on') ways.push(askBy('tls', HOST, PORT, config));
  if (ways.length === 0) return [good('relay', `it takes connections at ${TURN_HOST}, port ${TURN_PORT}.`)];
  return Promise.all(ways);
};

async function askBy(way: Way, host: string, port: number, { TURN_HOST }: Config): Promise<Finding> {
  const by = `by ${way.toUpperCase()} on port ${port}`;
  const reply = await askRelay(way, { host, port });
  if (reply === 'answer') return good('relay', `it answers ${by}.`);
  if (reply === 'nobody') {
    return doubt(
      'relay',
      `nothing listens ${by}: ChatAway does not run, or its log tells why its relay does not.`,
    );
  }
  const mend =
    TURN_HOST === undefined
      ? 'end turnserver (kill -9), and ChatAway starts another; or stop the other program that has the port'
      : `restart coturn at ${TURN_HOST} with the turnserver.conf in TURN_DIR`;
  return broken('relay', `something listens ${by}, and no relay answers: ${mend}.`);
}

/** Whether a port of this machine is in use. */
async function isTaken(protocol: 'udp' | 'tcp', port: number): Promise<boolean> {
  if (protocol === 'tcp' && (await accepts(LOOPBACK, port))) return true;
  try {
    if (protocol === 'udp') {
      const socket = createSocket('udp4').bind(port);
      await once(socket, 'listening');
      socket.close();
    } else {
      const server = createServer().listen(port);
      await once(server, 'listening');
      server.close();
    }
    return false;
  } catch {
    return true;
  }
}
