import type { CallKind, EndReason } from '#protocol/call';
import type { ErrorCode } from '#protocol/errors';
import type { Fault } from '../../lib/call-outcome.ts';
import { isolated } from '../../lib/bidi.ts';

function mediaFailed(fault: Fault, name: string): string {
  switch (fault) {
    case 'own':
      return `Your sound and picture could not get through to the server. Try another network, or ask who runs this server to check its media port.`;
    case 'other':
      return `Yours got through, but ${isolated(name)}’s sound and picture did not. ${isolated(name)} can try another network; until then you can write.`;
    case 'both':
      return `Sound and picture got through on neither side. Try another network, or ask who runs this server to check its media port.`;
  }
}

function connectionLost(fault: Fault, name: string): string {
  switch (fault) {
    case 'own':
      return 'Your connection was lost. Check your network, then call again.';
    case 'other':
      return `${isolated(name)}’s connection was lost. You can call again, or write a message.`;
    case 'both':
      return 'The connection was lost. You can call again.';
  }
}

/** What there is to know of a call that is over. */
export interface EndedCall {
  reason: EndReason | ErrorCode | 'elsewhere' | 'unsupported' | 'page';
  name: string;
  outgoing: boolean;
  /** Where media or connection failed. */
  fault: Fault;
}

/** Calls, before, in and after. */
export const call = {
  screenFailed: 'The screen for calls could not be loaded. Check your connection.',
  tryAgain: 'Try again',
  region: (name: string) => `Call with ${isolated(name)}`,
  calling: 'Calling…',
  ringing: 'Ringing…',
  connecting: 'Connecting…',
  reconnecting: 'Reconnecting…',
  cancel: 'Cancel call',
  incoming: 'Incoming call',
  kind: (kind: CallKind) => (kind === 'video' ? 'Video call' : 'Voice call'),
  answer: 'Answer',
  answerWithoutVideo: 'Answer without video',
  decline: 'Decline',
  ignore: 'Ignore',
  ignoreHint: 'Silences this device; nobody is told.',
  endAndAnswer: 'End and answer',
  endAndAnswerWithoutVideo: 'End and answer without video',
  callsToo: (name: string) => `${isolated(name)} is calling, too`,
  answerOf: (name: string) => `Answer ${isolated(name)}`,
  declineOf: (name: string) => `Decline ${isolated(name)}`,
  endAndAnswerOf: (name: string) => `End and answer ${isolated(name)}`,
  waitingHint: (name: string) => `Answering ends your call with ${isolated(name)}.`,
  lateHint: 'Has been ringing for a while',
  inAnotherCall: (name: string) => `${isolated(name)} is in another call and can see that you are calling.`,
  remoteVideo: 'Remote video',
  yourVideo: 'Your video',
  mute: 'Mute microphone',
  unmute: 'Unmute microphone',
  cameraOff: 'Turn camera off',
  cameraOn: 'Turn camera on',
  end: 'End call',
  duration: 'Duration',
  otherMuted: (name: string) => `${isolated(name)} is muted`,
  otherCameraOff: 'Camera off',
  enableSound: 'Enable sound',
  ended: 'Call ended',
  again: 'Call again',
  write: 'Write a message',
  close: 'Close',
  lasted: (duration: string) => `The call lasted ${duration}.`,
  elsewhere: (name: string) =>
    `You are in a call with ${isolated(name)} in another tab or on another device.`,
  answeredElsewhere: 'Answered on another device',
  missed: (name: string) => `Missed call from ${isolated(name)}`,
  unreachable: 'The media server cannot be reached. Still trying…',
  unsupported: 'This browser cannot make calls. Use a current Chrome, Edge, Firefox or Safari.',
  reason({ reason, name, outgoing, fault }: EndedCall): string {
    switch (reason) {
      case 'hung_up':
        return 'The call is over.';
      case 'cancelled':
      case 'taken_back':
        return outgoing ? 'You cancelled the call.' : `${isolated(name)} cancelled the call.`;
      case 'caller_lost':
        return outgoing ? connectionLost(fault, name) : 'The call was over before you answered.';
      case 'declined':
        return outgoing ? `${isolated(name)} declined. A message may suit better now.` : 'You declined.';
      case 'busy':
        return `${isolated(name)} is in another call. Try again later, or write a message.`;
      case 'unavailable':
        return `${isolated(name)} is unavailable right now. Write a message; it will be there when ${isolated(name)} looks.`;
      case 'no_answer':
        return outgoing
          ? 'No answer. Try again later, or write a message.'
          : 'The call was over before you answered.';
      case 'unreachable':
        return outgoing
          ? `${isolated(name)} could not be reached. Write a message; it will be there when ${isolated(name)} is back.`
          : 'The call was over before you answered.';
      case 'media_failed':
        return mediaFailed(fault, name);
      case 'connection_lost':
        return connectionLost(fault, name);
      case 'unsupported':
        return call.unsupported;
      case 'page':
        return 'Something went wrong in this page, so the call was ended. Load the page again, then call again.';
      case 'elsewhere':
        return 'The call goes on in another tab or on another device.';
      case 'already_in_call':
        return 'You are in another call already. End it first.';
      case 'call_moved_on':
        return 'The call was over before you answered.';
      case 'rate_limited':
        return `${isolated(name)} has not answered several calls. Write a message, or try again in some minutes.`;
      case 'restarting':
        return 'The server is restarting. Try again in a moment.';
      case 'person_gone':
        return `The account of ${isolated(name)} is closed: nobody would answer.`;
      case 'overloaded':
        return 'The server has too many calls right now. Try again in a moment.';
      default:
        return 'The call could not be made. Try again.';
    }
  },
};
