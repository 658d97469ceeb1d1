import type { Route } from '#protocol/check';
import type { Diagnosis } from '../../lib/diagnosis.ts';

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

export interface Verdict {
  diagnosis: Diagnosis;
  /** The best way that works. */
  best: Route | undefined;
  /** The port of each way at the server. */
  ports: ReadonlyMap<Route, number>;
}

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
  person({ diagnosis, best }: Verdict): string {
    const ways = best ? GO_OVER[best] : '';
    switch (diagnosis) {
      case 'fine':
        return 'Calls work from here: UDP reaches the server, and the picture came back.';
      case 'no_media':
        return 'The server is reached, but no picture came back: switch off a VPN or firewall that looks into traffic, or try another browser.';
      case 'udp_blocked':
        return `Your network blocks UDP; ${ways}, which works but is slower.`;
      case 'udp_unreachable':
        return `UDP does not get through: your network blocks it, or the server’s port is closed; ${ways}, which works but is slower.`;
      case 'all_blocked':
        return 'Your network lets no call through, while others reach the server: try another network, or a phone’s mobile data.';
      case 'all_unreachable':
        return 'No call gets through: your network blocks it, or the server’s ports are closed. Try another network, and tell whoever runs the server.';
    }
  },
  /** One sentence, with the fix, for the operator; null where the server is not to blame. */
  operator({ diagnosis, ports }: Verdict): string | null {
    const media = ports.get('udp') ?? 0;
    switch (diagnosis) {
      case 'udp_unreachable':
        return `UDP ${media} does not reach the server: forward it in the router or open it in the firewall.`;
      case 'all_unreachable':
        return `Neither UDP nor TCP ${media} reaches the server: forward both in the router or open them in the firewall, and set MEDIA_ADDRESSES where the server’s address from outside is not that of PUBLIC_URL.`;
      case 'all_blocked':
        return ports.has('turn_tls')
          ? null
          : 'A relay over TLS gets through where only web pages do: set TURN=on, with a certificate of the server’s own.';
      default:
        return null;
    }
  },
};
