import type { CallKind, EndReason } from '#protocol/call';
import type { ErrorCode } from '#protocol/errors';
import type { DeviceProblem } from '../../lib/devices.ts';

function deviceWords(kind: 'camera' | 'microphone', problem: DeviceProblem): string {
  switch (problem) {
    case 'refused':
      return `This browser blocks your ${kind}. Allow it beside the address.`;
    case 'absent':
      return `No ${kind} was found.`;
    case 'in_use':
      return `Your ${kind} is used by another program.`;
    case 'insecure':
      return `This page has no ${kind}, because it was not opened over HTTPS.`;
  }
}

/** Calls, before, in and after. */
export const call = {
  region: (name: string) => `Call with ${name}`,
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
  remoteVideo: 'Remote video',
  yourVideo: 'Your video',
  mute: 'Mute microphone',
  unmute: 'Unmute microphone',
  cameraOff: 'Turn camera off',
  cameraOn: 'Turn camera on',
  end: 'End call',
  duration: 'Duration',
  otherMuted: (name: string) => `${name} is muted`,
  otherCameraOff: 'Camera off',
  enableSound: 'Enable sound',
  ended: 'Call ended',
  again: 'Call again',
  write: 'Write a message',
  close: 'Close',
  lasted: (duration: string) => `The call lasted ${duration}.`,
  elsewhere: (name: string) => `You are in a call with ${name} in another tab or on another device.`,
  answeredElsewhere: 'Answered on another device',
  missed: (name: string) => `Missed call from ${name}`,
  trouble: 'The media server cannot be reached. Still trying…',
  devices(audio: DeviceProblem | null, video: DeviceProblem | null): string | null {
    if (audio && video && audio === video && audio !== 'absent') {
      const words = deviceWords('microphone', audio).replace('microphone', 'camera and microphone');
      return `${words} You can listen and watch.`;
    }
    if (audio) return `${deviceWords('microphone', audio)} The other cannot hear you.`;
    if (video) return `${deviceWords('camera', video)} The call goes on without your picture.`;
    return null;
  },
  reason(reason: EndReason | ErrorCode | 'elsewhere', name: string, outgoing: boolean): string {
    switch (reason) {
      case 'hung_up':
        return 'The call is over.';
      case 'cancelled':
        return outgoing ? 'You cancelled the call.' : `${name} cancelled the call.`;
      case 'declined':
        return outgoing ? `${name} declined.` : 'You declined.';
      case 'busy':
        return `${name} is in another call.`;
      case 'no_answer':
        return 'No answer. Try again later, or write a message.';
      case 'unreachable':
        return `${name} could not be reached. Write a message; it will be there when ${name} is back.`;
      case 'media_failed':
        return 'Sound and picture could not get through to the server. Try another network, or ask who runs this server to check its media port.';
      case 'connection_lost':
        return 'The connection was lost.';
      case 'elsewhere':
        return 'The call goes on in another tab or on another device.';
      case 'already_in_call':
        return 'You are in another call already. End it first.';
      case 'call_moved_on':
        return 'The call was over before you answered.';
      case 'rate_limited':
        return 'Too many calls in a short time. Wait a little and try again.';
      case 'overloaded':
        return 'The server has too many calls right now. Try again in a moment.';
      default:
        return 'The call could not be made. Try again.';
    }
  },
};
