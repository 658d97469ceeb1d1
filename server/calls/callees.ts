import type { Person } from '#protocol/people';
import { randomUUID } from 'node:crypto';
import { AppError, youBlocked } from '../errors.ts';
import type { Invitation } from './call-events.ts';
import type { Call } from './call.ts';
import type { Clock, SettingsRepository } from './ports.ts';
import { decideRing, type RingDecision } from './ring-policy.ts';

interface Collaborators {
  settings: Pick<SettingsRepository, 'ringFacts'>;
  people: { named(accountId: string): Pick<Person, 'gone'> };
  clock: Clock;
  /** Multiplies how many calls may go unanswered. */
  rateLimitFactor: number;
}

/** How many calls of one person another may leave unanswered, in how long, before no more of them ring. */
const UNANSWERED_AT_MOST = 10;
const UNANSWERED_WITHIN_MS = 10 * 60 * 1000;

/** Whom an invitation is for, and whether it rings there. */
export class Callees {
  readonly #deps: Collaborators;

  constructor(collaborators: Collaborators) {
    this.#deps = collaborators;
  }

  /**
   * Everyone else in the conversation, each as a participant of a new call.
   *
   * @param members of the conversation, of whom the caller is one
   * @param engagedIn the call that an account is in, or is calling with
   * @throws {AppError} `person_gone` where an account is closed, `you_blocked` where the
   *   caller has blocked someone, `rate_limited` where someone has let too many calls pass.
   */
  async of(
    conversationId: string,
    members: readonly string[],
    callerId: string,
    engagedIn: (accountId: string) => Call | undefined,
  ): Promise<Invitation['callees']> {
    const callees: Invitation['callees'][number][] = [];
    for (const accountId of members) {
      if (accountId === callerId) continue;
      if (this.#deps.people.named(accountId).gone) {
        throw new AppError('person_gone', 'This account is closed: nobody would answer.');
      }
      const decision = await this.#decide(conversationId, callerId, accountId, engagedIn(accountId));
      callees.push({ accountId, participantId: randomUUID(), decision });
    }
    return callees;
  }

  async #decide(
    conversationId: string,
    callerId: string,
    calleeId: string,
    engaged: Call | undefined,
  ): Promise<RingDecision> {
    const { settings, clock, rateLimitFactor } = this.#deps;
    const now = clock.now();
    const facts = await settings.ringFacts(conversationId, callerId, calleeId, now - UNANSWERED_WITHIN_MS);
    if (facts.hasBlocked) throw youBlocked();
    // A callee who is calling in this very conversation wants to be answered: the invitation will collide with theirs.
    if (engaged?.conversationId === conversationId) return 'ring';
    if (facts.unanswered >= UNANSWERED_AT_MOST * rateLimitFactor) {
      throw new AppError(
        'rate_limited',
        'They have not answered several calls. Write, or try again in some minutes.',
      );
    }
    return decideRing({ ...facts, engaged: engaged !== undefined }, now);
  }
}
