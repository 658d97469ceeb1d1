import type { Route } from '#protocol/check';
import type { Verdict } from '../../lib/diagnosis.ts';

const NAMES: Record<Route, string> = {
  udp: 'UDP',
  tcp: 'TCP',
  turn_udp: 'Relay, UDP',
  turn_tcp: 'Relay, TCP',
  turn_tls: 'Relay, TLS',
};

/** By which way calls go now, as the end of a sentence. */
const GO_OVER: Record<Route, string> = {
  udp: 'calls go over UDP',
  tcp: 'calls go over TCP',
  turn_udp: 'calls go over a relay',
  turn_tcp: 'calls go over a relay and TCP',
  turn_tls: 'calls go over TLS',
};

/** The call doctor. */
export const doctor = {
  title: 'Call check',
  again: 'Check again',
  why: 'Tries every way from this device to the server, and sends a small picture there and back. It uses neither camera nor microphone.',
  checking: 'Checking… this takes some seconds.',
  hops: 'Ways to the server',
  you: 'This device',
  relay: 'Relay',
  server: 'Media server',
  name: (route: Route) => NAMES[route],
  result: { trying: 'trying', works: 'works', fails: 'blocked' },
  forOperator: 'For whoever runs the server:',
  failed: {
    rate_limited: 'You have checked several times. Try again in some minutes.',
    unsupported: 'This browser cannot make calls. Use a current Chrome, Edge, Firefox or Safari.',
    other: 'The check could not be made: the server does not answer. Check your connection and try again.',
  },
  /** One sentence, with the fix, for the person. */
  person({ diagnosis, works, ports }: Verdict): string {
    const ways = works[0] ? GO_OVER[works[0]] : '';
    // UDP as such comes through where the relay is reached by it.
    const udp = works.includes('turn_udp') ? `UDP ${ports.get('udp')}` : 'UDP';
    switch (diagnosis) {
      case 'fine':
        return 'Calls work from here: UDP reaches the server, and the picture came back.';
      case 'no_media':
        return 'The server is reached, but no picture came back: switch off a VPN or firewall that looks into traffic, or try another browser.';
      case 'udp_blocked':
        return `Your network blocks ${udp}; ${ways}, which works but is slower.`;
      case 'udp_unreachable':
        return `${udp} does not get through: your network blocks it, or the server’s port is closed; ${ways}, which works but is slower.`;
      case 'all_blocked':
        return 'Your network lets no call through, while others reach the server: try another network, or a phone’s mobile data.';
      case 'all_unreachable':
        return 'No call gets through: your network blocks it, or the server’s ports are closed. Try another network, and tell whoever runs the server.';
    }
  },
  /** What the operator can mend, a sentence each; null where the server is not to blame. */
  operator({ diagnosis, unreached, ports }: Verdict): string | null {
    const closed = (...routes: Route[]) => routes.every((route) => unreached.includes(route));
    const sentences: string[] = [];
    // Where others come through, what does not from here says nothing of the server's own ports.
    if (diagnosis === 'fine' || diagnosis === 'udp_unreachable' || diagnosis === 'all_unreachable') {
      const media = ports.get('udp');
      if (closed('udp', 'tcp')) sentences.push(neitherReaches(media));
      else if (closed('udp') && !ports.has('tcp')) sentences.push(onlyUdpDoesNotReach(media));
      else if (closed('udp')) sentences.push(doesNotReach(`UDP ${media}`));
      else if (closed('tcp')) sentences.push(doesNotReach(`TCP ${media}`));
      if (!ports.has('turn_tls') && closed('turn_udp', 'turn_tcp')) {
        sentences.push(
          `Neither UDP nor TCP ${ports.get('turn_udp')} reaches the relay: forward both in the router or open them in the firewall.`,
        );
      }
    }
    // The page came by the same port.
    if (closed('turn_tls')) {
      sentences.push(
        `The relay does not answer on TCP ${ports.get('turn_tls')}, where the page does: see in the server’s log whether it runs; if it does, something in between lets only web pages through.`,
      );
    }
    if (diagnosis === 'all_blocked' && !ports.has('turn_tls')) {
      sentences.push(
        'A relay over TLS gets through where only web pages do: set TURN=on, with a certificate of the server’s own.',
      );
    }
    return sentences.join(' ') || null;
  },
};

const doesNotReach = (port: string) =>
  `${port} does not reach the server: forward it in the router or open it in the firewall.`;

const ADDRESSES = 'set MEDIA_ADDRESSES where the server’s address from outside is not that of PUBLIC_URL.';

const onlyUdpDoesNotReach = (port: number | undefined) =>
  `UDP ${port} does not reach the server: forward it in the router or open it in the firewall, and ${ADDRESSES}`;

const neitherReaches = (port: number | undefined) =>
  `Neither UDP nor TCP ${port} reaches the server: forward both in the router or open them in the firewall, and ${ADDRESSES}`;
