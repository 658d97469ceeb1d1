import type { Media, MediaEvent, Place } from '../calls/ports.ts';
import type { Notifier } from '../notifier.ts';

interface Collaborators {
  media: Media;
  notifier: Notifier;
  /** Whose tab has the participant's media, where it is in a call. */
  tabOf: (place: Place) => { accountId: string; tab: string } | undefined;
}

/** Tells each participant's tab which tracks of the others there are. */
export function forwardMediaEvents({ media, notifier, tabOf }: Collaborators): void {
  media.onEvent((event: MediaEvent) => {
    const seat = event.type === 'roomLost' ? undefined : tabOf(event);
    if (seat === undefined) return;
    const { accountId, tab } = seat;
    const callId = event.roomId;
    switch (event.type) {
      case 'consumerAdded':
        notifier.toTab(accountId, tab, 'consumerAdded', { callId, consumer: event.consumer });
        break;
      case 'consumerRemoved':
        notifier.toTab(accountId, tab, 'consumerRemoved', { callId, consumerId: event.consumerId });
        break;
      case 'consumerPaused': {
        const { consumerId, paused } = event;
        notifier.toTab(accountId, tab, 'consumerPaused', { callId, consumerId, paused });
        break;
      }
    }
  });
}
