import type { Notice, NoticeData } from '#protocol/methods';
import type { FactBus } from '../fact-bus.ts';
import type { Logger } from '../logger.ts';
import type { Notifier } from '../notifier.ts';
import type { Effect } from './call-events.ts';
import type { CallService } from './call-service.ts';
import { isAnswered } from '#protocol/rules';
import { legAt } from './call.ts';
import type { Media, MediaEvent, Place } from './ports.ts';

interface Collaborators {
  media: Pick<Media, 'refresh' | 'activate' | 'leave' | 'close' | 'onEvent'>;
  calls: CallService;
  notifier: Notifier;
  facts: FactBus;
  logger: Logger;
}

/**
 * Keeps calls and their rooms of media together: the room follows the call, and the call learns what happens to media, as do
 * the participants' tabs.
 */
export class CallMedia {
  readonly #deps: Collaborators;

  constructor(collaborators: Collaborators) {
    this.#deps = collaborators;
    const { media, facts } = collaborators;
    media.onEvent((event) => this.#take(event));
    facts.subscribe('callChanged', ({ call, effects }) => this.#follow(call.id, effects));
  }

  /** A tab has (again) a connection: it is told what it may have missed. */
  connected(accountId: string, tab: string): void {
    const { calls, logger } = this.#deps;
    for (const call of calls.liveCallsOf(accountId)) {
      const leg = legAt(call, accountId, tab);
      if (leg === undefined || !isAnswered(leg)) continue;
      this.#refresh({ roomId: call.id, participantId: leg.participantId }).catch((error: unknown) => {
        logger.error({ callId: call.id, err: error }, 'the media of a call was not told');
      });
    }
  }

  async #refresh(place: Place): Promise<void> {
    // After a restart of the server the room is gone while the tab believes that it is in it.
    if (!(await this.#deps.media.refresh(place))) this.#tellLost(place);
  }

  async #follow(callId: string, effects: readonly Effect[]): Promise<void> {
    const { media } = this.#deps;
    for (const effect of effects) {
      switch (effect.type) {
        case 'openMedia':
          await media.activate({ roomId: callId, participantId: effect.participantId });
          break;
        case 'closeMedia':
          await media.leave({ roomId: callId, participantId: effect.participantId });
          break;
        case 'closeRoom':
          await media.close(callId);
          break;
      }
    }
  }

  #take(event: MediaEvent): void {
    const { calls } = this.#deps;
    const callId = event.roomId;
    switch (event.type) {
      case 'up':
        calls.mediaUp(event);
        break;
      case 'down':
        calls.mediaDown(event);
        break;
      case 'roomLost':
        for (const participantId of calls.liveCall(callId)?.legs.keys() ?? []) {
          calls.mediaDown({ roomId: callId, participantId });
          this.#tellLost({ roomId: callId, participantId });
        }
        break;
      case 'consumerAdded':
        this.#tell(event, 'consumerAdded', { callId, consumer: event.consumer });
        break;
      case 'consumerRemoved':
        this.#tell(event, 'consumerRemoved', { callId, consumerId: event.consumerId });
        break;
      case 'consumerPaused':
        this.#tell(event, 'consumerPaused', {
          callId,
          consumerId: event.consumerId,
          paused: event.paused,
        });
        break;
    }
  }

  #tellLost(place: Place): void {
    this.#tell(place, 'mediaLost', { callId: place.roomId });
  }

  /** Tells the tab that the participant is on. */
  #tell<N extends Notice>({ roomId, participantId }: Place, notice: N, data: NoticeData<N>): void {
    const leg = this.#deps.calls.liveCall(roomId)?.legs.get(participantId);
    if (leg?.seat) this.#deps.notifier.toTab(leg.accountId, leg.seat.tab, notice, data);
  }
}
