import { isolated } from '../../lib/bidi.ts';
import type { Browser } from '../../lib/browser.ts';
import type { DeviceChange } from '../../lib/device-recovery.ts';
import type { DeviceKind, DeviceProblem } from '../../lib/devices.ts';

const NAMES = { audio: 'microphone', video: 'camera' } as const;
const BOTH = 'camera and microphone';

const BUTTONS = { audio: 'Unmute microphone', video: 'Turn camera on' } as const;

const HOW_TO_ALLOW: Record<Browser, (what: string) => string> = {
  chrome: (what) => `click the icon left of the address and allow the ${what}`,
  firefox: (what) => `click the crossed-out icon left of the address and clear the block of the ${what}`,
  safari: (what) => `open Settings for This Website in the address bar and allow the ${what}`,
  other: (what) => `allow the ${what} for this page in your browser’s settings`,
};

const withdrawn = (what: string, buttons: string, browser: Browser) =>
  `The permission for your ${what} was taken back. To go on, ${HOW_TO_ALLOW[browser](what)}, then press ${buttons}.`;

function problemWords(kind: DeviceKind, problem: DeviceProblem, browser: Browser): string {
  const name = NAMES[kind];
  switch (problem) {
    case 'refused':
      return `This browser blocks your ${name}. Allow it beside the address.`;
    case 'withdrawn':
      return withdrawn(name, `“${BUTTONS[kind]}”`, browser);
    case 'absent':
      return `No ${name} was found.`;
    case 'unplugged':
      return `Your ${name} was unplugged, and no other could be opened.`;
    case 'in_use':
      return `Your ${name} is used by another program.`;
    case 'insecure':
      return `This page has no ${name}, because it was not opened over HTTPS.`;
  }
}

function bothWords(problem: DeviceProblem, browser: Browser): string {
  switch (problem) {
    case 'withdrawn':
      return withdrawn(BOTH, `“${BUTTONS.audio}” and “${BUTTONS.video}”`, browser);
    case 'absent':
      return 'No camera and no microphone were found.';
    case 'unplugged':
      return 'Your camera and microphone were unplugged, and no others could be opened.';
    case 'in_use':
      return 'Your camera and microphone are used by another program.';
    case 'refused':
    case 'insecure':
      return problemWords('audio', problem, browser).replace('microphone', BOTH);
  }
}

/** Devices in a call: what is missing, and what is in use instead. */
export const devices = {
  /** Null where nothing is missing. */
  missing(audio: DeviceProblem | null, video: DeviceProblem | null, browser: Browser): string | null {
    if (audio && audio === video) return `${bothWords(audio, browser)} You can listen and watch.`;
    if (audio && video) {
      const both = `${problemWords('audio', audio, browser)} ${problemWords('video', video, browser)}`;
      return `${both} You can listen and watch.`;
    }
    if (audio) return `${problemWords('audio', audio, browser)} The other cannot hear you.`;
    if (video) return `${problemWords('video', video, browser)} The call goes on without your picture.`;
    return null;
  },
  changed(kind: DeviceKind, { why, label }: DeviceChange): string {
    const name = NAMES[kind];
    const now = `Now using ${label ? `“${isolated(label)}”` : `another ${name}`}.`;
    switch (why) {
      case 'unplugged':
        return `Your ${name} was unplugged. ${now}`;
      case 'in_use':
        return `Your ${name} is used by another program. ${now}`;
      case 'returned':
        return `Your ${name} is back. ${now}`;
    }
  },
  mutedBySystem: {
    audio:
      'Your system has muted the microphone, so the other cannot hear you. Look for a mute switch on the device or keyboard.',
    video:
      'Your system has turned the camera off, so the other cannot see you. Look for a shutter or switch on the device.',
  },
  speakerGone: 'Your speaker was unplugged. The sound now comes out where the system chooses.',
  speakerBack: 'Your speaker is back, and the sound comes out of it again.',
};
