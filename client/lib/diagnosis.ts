import type { Route } from '#protocol/check';
import { ROUTES } from '#protocol/rules';

/** What came of a way to the media server. */
export type RouteResult = 'works' | 'fails';

export interface CheckResult {
  /** The ways that the server offers, and what came of each. */
  routes: ReadonlyMap<Route, RouteResult>;
  /** Whether a picture that was sent came back. */
  loopback: boolean;
  /** What has worked lately for others. */
  seen: readonly Route[];
  /** The port of each way at the server, for whoever has to open it. */
  ports: ReadonlyMap<Route, number>;
}

/** What a check of the ways to the media server means, in one word; the sentence is in the texts. */
export type Diagnosis =
  /** UDP works, and what was sent came back. */
  | 'fine'
  /** Connected, and no picture came back. */
  | 'no_media'
  /** UDP does not work, another way does. Others have UDP: it is this network. */
  | 'udp_blocked'
  /** The same, and nobody's UDP was seen lately: the network or the server. */
  | 'udp_unreachable'
  /** No way works; others come through: it is this network. */
  | 'all_blocked'
  /** No way works, and nobody came through lately. */
  | 'all_unreachable';

/** What is to be said of a check. */
export interface Verdict {
  diagnosis: Diagnosis;
  /** The ways that work, the fastest first. */
  works: readonly Route[];
  /** Those that do not, and that nobody else has had lately either: it may be the server. */
  unreached: readonly Route[];
  /** The port of each way at the server. */
  ports: ReadonlyMap<Route, number>;
}

export function judge({ routes, loopback, seen, ports }: CheckResult): Verdict {
  const works = ROUTES.filter((route) => routes.get(route) === 'works');
  const unreached = ROUTES.filter((route) => routes.get(route) === 'fails' && !seen.includes(route));
  return { diagnosis: diagnose(works, loopback, seen), works, unreached, ports };
}

function diagnose(works: readonly Route[], loopback: boolean, seen: readonly Route[]): Diagnosis {
  if (works.length === 0) return seen.length > 0 ? 'all_blocked' : 'all_unreachable';
  if (!loopback) return 'no_media';
  if (works.includes('udp')) return 'fine';
  return seen.includes('udp') ? 'udp_blocked' : 'udp_unreachable';
}
