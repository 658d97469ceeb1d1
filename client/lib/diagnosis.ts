import type { Route } from '#protocol/check';

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

/** The ways, the fastest first. */
export const ROUTES: readonly Route[] = ['udp', 'tcp', 'turn_udp', 'turn_tcp', 'turn_tls'];

export function diagnose({
  routes,
  loopback,
  seen,
}: Pick<CheckResult, 'routes' | 'loopback' | 'seen'>): Diagnosis {
  const works = (route: Route) => routes.get(route) === 'works';
  if (!ROUTES.some(works)) return seen.length > 0 ? 'all_blocked' : 'all_unreachable';
  if (!loopback) return 'no_media';
  if (works('udp')) return 'fine';
  return seen.includes('udp') ? 'udp_blocked' : 'udp_unreachable';
}

/** The best way that works. */
export function bestRoute({ routes }: Pick<CheckResult, 'routes'>): Route | undefined {
  return ROUTES.find((route) => routes.get(route) === 'works');
}
