import type { ServersHome } from './networks.ts';
import type { RouterRules } from './router.ts';

/** What stands in the way, and what the call doctor has to say of it. */
export interface DoctorCase {
  readonly name: string;
  /** Whose browser checks; Ann's by default. */
  readonly who?: 'ben';
  /** What Ann's router lets through; by default it lets everything out. */
  readonly network?: Pick<RouterRules, 'out' | 'never'>;
  /** What the server's firewall drops, see `Namespace.shut`. */
  readonly shut?: readonly string[];
  /** Whether the relay no longer answers, from here on. */
  readonly hangs?: true;
  /** The ways that are left. */
  readonly works: readonly string[];
  /** The sentence for the person. */
  readonly person: string;
  /** The sentences for the operator. */
  readonly operator: string | null;
}

/** Cases that come one after the other in one network: what the server has seen in one it knows in the next. */
export interface DoctorStory {
  readonly name: string;
  /** Where the server is behind a router. */
  readonly home?: ServersHome;
  /** By default there is one. */
  readonly relay?: 'off';
  readonly cases: readonly DoctorCase[];
}

const [UDP, TCP, RELAY_UDP, RELAY_TCP, RELAY_TLS] = ['UDP', 'TCP', 'Relay, UDP', 'Relay, TCP', 'Relay, TLS'];
const ALL = [UDP, TCP, RELAY_UDP, RELAY_TCP, RELAY_TLS];

const NO_UDP: RouterRules = { out: ['meta l4proto tcp'] };
const ONLY_HTTPS: RouterRules = { out: ['tcp dport 443'] };
const LOW_TCP: RouterRules = { out: ['tcp dport < 10000'] };
const LOW: RouterRules = { out: ['meta l4proto { tcp, udp } th dport < 10000'] };
/** What a firewall that looks into packets may do: with the two bits 10 begin RTP and RTCP (RFC 7983), and nothing else. */
const NO_RTP: RouterRules = { never: ['meta l4proto udp @th,64,2 2'] };

const SHUT_UDP = ['udp dport 44444'];
const SHUT_TCP = ['tcp dport 44444'];
const SHUT_BOTH = ['meta l4proto { tcp, udp } th dport 44444'];
const SHUT_RELAY = ['meta l4proto { tcp, udp } th dport 3478'];

const FINE = 'Calls work from here: UDP reaches the server, and the picture came back.';
const SLOWER = 'which works but is slower.';
const EITHER = 'does not get through: your network blocks it, or the server’s port is closed;';
const NONE =
  'No call gets through: your network blocks it, or the server’s ports are closed. Try another network, and tell whoever runs the server.';
const OTHERS =
  'Your network lets no call through, while others reach the server: try another network, or a phone’s mobile data.';
const LOOKED_INTO =
  'The server is reached, but no picture came back: switch off a VPN or firewall that looks into traffic, or try another browser.';

const CLOSED = (port: string) =>
  `${port} does not reach the server: forward it in the router or open it in the firewall.`;
const BOTH_CLOSED =
  'Neither UDP nor TCP 44444 reaches the server: forward both in the router or open them in the firewall, and set MEDIA_ADDRESSES where the server’s address from outside is not that of PUBLIC_URL.';
const RELAY_DOWN =
  'The relay does not answer on TCP 443, where the page does: see in the server’s log whether it runs; if it does, something in between lets only web pages through.';
const WANTS_RELAY =
  'A relay over TLS gets through where only web pages do: set TURN=on, with a certificate of the server’s own.';

/**
 * One case a line. As long as Ben, whose network is open or the server's own, has not come through, she and the server
 * may both be to blame. The first to come through from Ann's network is not among the others that the server tells of.
 */
// prettier-ignore
export const DOCTOR_STORIES: readonly DoctorStory[] = [
  { name: 'the server’s firewall', cases: [
    { name: 'nothing is blocked', works: ALL, person: FINE, operator: null },
    { name: 'the server’s firewall blocks UDP 44444', shut: SHUT_UDP, works: [TCP, RELAY_UDP, RELAY_TCP, RELAY_TLS],
      person: `UDP 44444 ${EITHER} calls go over TCP, ${SLOWER}`, operator: CLOSED('UDP 44444') },
    { name: 'the server’s firewall blocks TCP 44444', shut: SHUT_TCP, works: [UDP, RELAY_UDP, RELAY_TCP, RELAY_TLS],
      person: FINE, operator: CLOSED('TCP 44444') },
    { name: 'the server’s firewall blocks 44444', shut: SHUT_BOTH, works: [RELAY_UDP, RELAY_TCP, RELAY_TLS],
      person: `UDP 44444 ${EITHER} calls go over a relay, ${SLOWER}`, operator: BOTH_CLOSED },
    { name: 'the server’s firewall blocks the relay’s 3478', shut: SHUT_RELAY, works: [UDP, TCP, RELAY_TLS], person: FINE, operator: null },
    { name: 'her network drops media alone', network: NO_RTP, works: ALL, person: LOOKED_INTO, operator: null },
  ] },
  { name: 'a relay that hangs', cases: [
    { name: 'the relay hangs', hangs: true, works: [UDP, TCP], person: FINE, operator: RELAY_DOWN },
    { name: 'the relay hangs, and her network lets only 443/TCP through', network: ONLY_HTTPS,
      works: [], person: NONE, operator: `${BOTH_CLOSED} ${RELAY_DOWN}` },
    { name: 'Ben comes through', who: 'ben', works: [UDP, TCP], person: FINE, operator: RELAY_DOWN },
    { name: 'the same for her as before', network: ONLY_HTTPS, works: [], person: OTHERS, operator: RELAY_DOWN },
  ] },
  { name: 'her network, or the server’s firewall', cases: [
    { name: 'it lets only 443/TCP through', network: ONLY_HTTPS, works: [RELAY_TLS],
      person: `UDP ${EITHER} calls go over TLS, ${SLOWER}`, operator: BOTH_CLOSED },
    { name: 'it blocks UDP', network: NO_UDP, works: [TCP, RELAY_TCP, RELAY_TLS],
      person: `UDP ${EITHER} calls go over TCP, ${SLOWER}`, operator: CLOSED('UDP 44444') },
  ] },
  { name: 'her network', cases: [
    { name: 'Ben comes through', who: 'ben', works: ALL, person: FINE, operator: null },
    { name: 'it blocks UDP, while Ben came through', network: NO_UDP, works: [TCP, RELAY_TCP, RELAY_TLS],
      person: `Your network blocks UDP; calls go over TCP, ${SLOWER}`, operator: null },
    { name: 'it lets only 443/TCP through, while Ben came through', network: ONLY_HTTPS, works: [RELAY_TLS],
      person: `Your network blocks UDP; calls go over TLS, ${SLOWER}`, operator: null },
    { name: 'it blocks UDP and high ports, while Ben came through', network: LOW_TCP, works: [RELAY_TCP, RELAY_TLS],
      person: `Your network blocks UDP; calls go over a relay and TCP, ${SLOWER}`, operator: null },
    { name: 'it blocks high ports, while Ben came through', network: LOW, works: [RELAY_UDP, RELAY_TCP, RELAY_TLS],
      person: `Your network blocks UDP 44444; calls go over a relay, ${SLOWER}`, operator: null },
  ] },
  { name: 'what got through before', cases: [
    { name: 'Ben comes through', who: 'ben', works: ALL, person: FINE, operator: null },
    { name: 'her network is open, too', works: ALL, person: FINE, operator: null },
    { name: 'UDP is closed, where both came through', shut: SHUT_UDP, works: [TCP, RELAY_UDP, RELAY_TCP, RELAY_TLS],
      person: `UDP 44444 ${EITHER} calls go over TCP, ${SLOWER}`, operator: CLOSED('UDP 44444') },
    { name: 'neither is believed', who: 'ben', shut: SHUT_UDP, works: [TCP, RELAY_UDP, RELAY_TCP, RELAY_TLS],
      person: `UDP 44444 ${EITHER} calls go over TCP, ${SLOWER}`, operator: CLOSED('UDP 44444') },
  ] },
  { name: 'there is no relay', relay: 'off', cases: [
    { name: 'the server’s firewall blocks 44444', shut: SHUT_BOTH, works: [], person: NONE, operator: BOTH_CLOSED },
    { name: 'Ben comes through', who: 'ben', works: [UDP, TCP], person: FINE, operator: null },
    { name: 'her network lets only 443/TCP through', network: ONLY_HTTPS, works: [], person: OTHERS, operator: WANTS_RELAY },
  ] },
  { name: 'the server’s router leads only 443/TCP to it', home: { webPort: 443, published: ['tcp 443'], inside: 'ben' }, cases: [
    { name: 'Ben comes through inside', who: 'ben', works: [UDP, TCP, RELAY_TLS], person: FINE, operator: null },
    { name: 'Ann does not, outside', works: [RELAY_TLS], person: `UDP ${EITHER} calls go over TLS, ${SLOWER}`, operator: BOTH_CLOSED },
  ] },
];
