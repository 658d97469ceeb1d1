import type { Route } from '#protocol/check';
import { SvelteMap } from 'svelte/reactivity';
import { checkCalls } from '../lib/call-check.ts';
import { judge, type RouteResult, type Verdict } from '../lib/diagnosis.ts';
import { BrowserUnsupported } from '../lib/media-device.ts';
import { RequestError, type Signaling } from '../lib/signaling.ts';
import { reportMistake } from '../lib/mistakes.ts';

export type DoctorProblem = 'rate_limited' | 'unsupported' | 'other';

/** One check of the ways to the media server: how far it is, and what came of it. */
export class Doctor {
  readonly #signaling: Signaling;
  readonly #routes = new SvelteMap<Route, RouteResult | 'trying'>();
  #verdict = $state.raw<Verdict | null>(null);
  #problem = $state<DoctorProblem | null>(null);
  #busy = $state(false);
  readonly #left = new AbortController();

  constructor(signaling: Signaling) {
    this.#signaling = signaling;
  }

  get routes(): ReadonlyMap<Route, RouteResult | 'trying'> {
    return this.#routes;
  }

  get verdict(): Verdict | null {
    return this.#verdict;
  }

  get problem(): DoctorProblem | null {
    return this.#problem;
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** Nobody looks any more. */
  close(): void {
    this.#left.abort();
  }

  async check(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.#routes.clear();
    this.#verdict = null;
    this.#problem = null;
    try {
      const onRoute = (route: Route, state: RouteResult | 'trying') => this.#routes.set(route, state);
      this.#verdict = judge(await checkCalls(this.#signaling, onRoute, this.#left.signal));
    } catch (error) {
      if (this.#left.signal.aborted) return;
      reportMistake(error);
      if (error instanceof BrowserUnsupported) this.#problem = 'unsupported';
      else
        this.#problem =
          error instanceof RequestError && error.code === 'rate_limited' ? 'rate_limited' : 'other';
    } finally {
      this.#busy = false;
    }
  }
}
