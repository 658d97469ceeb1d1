import { ignore } from './ignore.ts';

/**
 * The sounds of a call, made by the browser itself: no files, nothing to load while it rings. Browsers
 * keep a page silent that nobody has touched yet; then the ring is seen and not heard.
 */
type Tone = 'ringtone' | 'ringback';

interface Note {
  /** Seconds from the pattern's start. */
  at: number;
  for: number;
  hertz: number;
}

const PATTERNS: Record<Tone, { every: number; volume: number; notes: readonly Note[] }> = {
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
};

/** Plays until the function that it returns is called. */
export function playTone(tone: Tone): () => void {
  let context: AudioContext;
  try {
    context = new AudioContext();
  } catch {
    return ignore;
  }
  const { every, volume, notes } = PATTERNS[tone];
  const pattern = () => {
    // Notes on a clock that stands still would all sound at once when it starts.
    if (context.state !== 'running') return;
    for (const note of notes) play(context, note, volume);
  };
  context.addEventListener('statechange', pattern, { once: true });
  pattern();
  const timer = setInterval(pattern, every * 1000);
  return () => {
    clearInterval(timer);
    context.close().catch(ignore);
  };
}

function play(context: AudioContext, note: Note, volume: number): void {
  const from = context.currentTime + note.at;
  const to = from + note.for;
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.setValueAtTime(0, from);
  gain.gain.linearRampToValueAtTime(volume, from + 0.02);
  gain.gain.setValueAtTime(volume, Math.max(from + 0.02, to - 0.08));
  gain.gain.linearRampToValueAtTime(0, to);
  const oscillator = new OscillatorNode(context, { frequency: note.hertz, type: 'sine' });
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(from);
  oscillator.stop(to);
}
