import { DEFAULT_SPEAKER, outputOf } from './speakers.ts';
import { reportMistake } from './mistakes.ts';

/**
 * The sounds of a call, made by the browser itself: no files, nothing to load while it rings. They are
 * computed once and looped, so that no timer of a page in the background can make them stumble.
 */
export type ToneName =
  /** For a callee. */
  | 'ringtone'
  /** For a caller, while it rings there. */
  | 'ringback'
  /** Over a call: another one waits. */
  | 'waiting'
  /** A message has arrived out of view. */
  | 'message'
  /** To try a speaker. */
  | 'sample';

interface Note {
  /** Seconds from the pattern's start. */
  at: number;
  for: number;
  hertz: number;
}

const PATTERNS: Record<ToneName, { every: number; volume: number; notes: readonly Note[] }> = {
  ringtone: {
    every: 3,
    volume: 0.16,
    notes: [
      { at: 0, for: 0.16, hertz: 659.3 },
      { at: 0.18, for: 0.16, hertz: 784 },
      { at: 0.36, for: 0.42, hertz: 987.8 },
      { at: 1, for: 0.16, hertz: 659.3 },
      { at: 1.18, for: 0.16, hertz: 784 },
      { at: 1.36, for: 0.42, hertz: 987.8 },
    ],
  },
  ringback: {
    every: 4,
    volume: 0.05,
    notes: [{ at: 0, for: 1, hertz: 425 }],
  },
  waiting: {
    every: 5,
    volume: 0.04,
    notes: [
      { at: 0, for: 0.14, hertz: 523.3 },
      { at: 0.28, for: 0.14, hertz: 523.3 },
    ],
  },
  message: {
    every: 0.6,
    volume: 0.1,
    notes: [
      { at: 0, for: 0.14, hertz: 784 },
      { at: 0.13, for: 0.34, hertz: 1046.5 },
    ],
  },
  sample: {
    every: 3,
    volume: 0.12,
    notes: [
      { at: 0, for: 0.3, hertz: 523.3 },
      { at: 0.35, for: 0.3, hertz: 659.3 },
      { at: 0.7, for: 0.6, hertz: 784 },
    ],
  },
};

/** Attack and decay, in seconds: without them each note clicks. */
const ATTACK = 0.02;
const DECAY = 0.08;
/** A context that may sound starts within this; one that has not is kept silent by the browser. */
const STARTS_WITHIN = 400;

export interface ToneOptions {
  speaker?: string;
  /** The browser keeps the page silent until somebody touches it, or no longer. */
  onBlocked?: (blocked: boolean) => void;
}

export interface Tone {
  /** Tries again; from a click it is allowed. */
  enable(): void;
  stop(): void;
}

const nothing = (): void => undefined;
const SILENCE: Tone = { enable: nothing, stop: nothing };

/** Plays until it is stopped. */
export function playTone(name: ToneName, { speaker = DEFAULT_SPEAKER, onBlocked }: ToneOptions = {}): Tone {
  let context: AudioContext;
  try {
    context = new AudioContext();
  } catch (error) {
    reportMistake(error);
    return SILENCE;
  }
  const source = new AudioBufferSourceNode(context, { buffer: render(context, name), loop: true });
  source.connect(outputOf(context, speaker));
  source.start();

  const enable = () => void context.resume().catch(reportMistake);
  const look = setTimeout(() => onBlocked?.(context.state !== 'running'), STARTS_WITHIN);
  context.addEventListener('statechange', () => context.state === 'running' && onBlocked?.(false));
  // Whatever the person touches first, from then on it may be heard.
  const gestures = ['pointerdown', 'keydown'] as const;
  for (const gesture of gestures) addEventListener(gesture, enable, { passive: true });
  return {
    enable,
    stop: () => {
      clearTimeout(look);
      for (const gesture of gestures) removeEventListener(gesture, enable);
      context.close().catch(reportMistake);
    },
  };
}

/** Plays one turn; nothing where the browser keeps the page silent, for later it would come too late. */
export function playOnce(name: ToneName, speaker: string): void {
  const context = new AudioContext();
  const source = new AudioBufferSourceNode(context, { buffer: render(context, name) });
  const close = () => void context.close().catch(reportMistake);
  source.onended = close;
  source.connect(outputOf(context, speaker));
  source.start();
  setTimeout(() => context.state === 'suspended' && close(), STARTS_WITHIN);
}

/** One turn of the pattern. */
function render(context: AudioContext, name: ToneName): AudioBuffer {
  const { every, volume, notes } = PATTERNS[name];
  const rate = context.sampleRate;
  const buffer = new AudioBuffer({ length: Math.round(every * rate), sampleRate: rate });
  const samples = buffer.getChannelData(0);
  for (const note of notes) {
    const from = Math.round(note.at * rate);
    const length = Math.round(note.for * rate);
    for (let index = 0; index < length; index++) {
      const time = index / rate;
      const envelope = Math.min(1, time / ATTACK, (note.for - time) / DECAY);
      samples[from + index] = volume * envelope * Math.sin(2 * Math.PI * note.hertz * time);
    }
  }
  return buffer;
}
