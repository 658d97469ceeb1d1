/*
 * The states of this tab's media in one call, and what leads from one to the next. Pure: `MediaSession` feeds it what
 * happens, and does what comes out.
 */

/** Between further tries, once there has been trouble; in milliseconds. */
const LAST_RETRY_DELAY = 3_000;
const RETRY_DELAYS = [0, 500, 1_500, 3_000];
/** Our own code that fails so often fails always. */
const MISTAKES_MAX = 2;

/** `page`: our own code failed, or the browser lacks what it uses. */
export type MediaTrouble = 'unreachable' | 'unsupported' | 'page';

/** What kept media from working. */
export type MediaFailure =
  /** There was no connection to the server. */
  | 'disconnected'
  /** The call is over, or its media are this tab's no more. */
  | 'moved_on'
  /** This browser cannot take part. */
  | 'unsupported'
  | 'mistake'
  /** Anything else: trying again may help. */
  | 'other';

/** What has failed since the last join that succeeded. */
interface Tries {
  readonly failures: number;
  readonly mistakes: number;
}

export type MediaState =
  /** Nobody has asked for media yet, or none can be had. */
  | { readonly name: 'idle' }
  | {
      readonly name: 'joining';
      /**
       * `waiting` for its turn; `preparing` what it takes to ask; the server was `asked`; the server has `answered`, and
       * tracks are being made.
       */
      readonly step: 'waiting' | 'preparing' | 'asked' | 'answered';
      /** What the server was told of tracks to come. */
      readonly sending: boolean;
      /** Something happened that takes another join after this one. */
      readonly again: boolean;
      readonly tries: Tries;
    }
  | { readonly name: 'joined'; readonly sending: boolean }
  | { readonly name: 'retrying'; readonly until: 'time' | 'connection'; readonly tries: Tries }
  | { readonly name: 'closed' };

export type MediaEvent =
  /** Media is wanted, or wanted afresh. */
  | { type: 'join' }
  /** The turn of the join has come. */
  | { type: 'begun' }
  /** The server is being asked now; `sending`: it is told that tracks will come. */
  | { type: 'asked'; sending: boolean }
  | { type: 'answered' }
  /** All that belongs to the join is done. */
  | { type: 'done' }
  | { type: 'failed'; why: MediaFailure }
  /** The server has no media of this tab any more. */
  | { type: 'lost' }
  /** The time until the next try is over. */
  | { type: 'due' }
  /** There is a new connection. */
  | { type: 'reconnected' }
  /** The devices have answered, and there is nothing to send. */
  | { type: 'nothingToSend' }
  | { type: 'close' };

/** What is to be done after a step. */
export type MediaAction =
  | { type: 'join' }
  /** Report `due` after so many milliseconds. */
  | { type: 'wait'; delay: number }
  /** Tell of trouble, or that there is none any more. */
  | { type: 'tell'; trouble: MediaTrouble | null };

export interface MediaStep {
  readonly state: MediaState;
  readonly actions: readonly MediaAction[];
}

export const IDLE: MediaState = { name: 'idle' };
const FRESH: Tries = { failures: 0, mistakes: 0 };

/** Applies what has happened. */
export function step(state: MediaState, event: MediaEvent): MediaStep {
  if (state.name === 'closed') return stay(state);
  if (event.type === 'close') return stay({ name: 'closed' });
  if (event.type === 'failed') return failed(state, event.why);
  switch (state.name) {
    case 'idle':
      return event.type === 'join' ? join(FRESH) : stay(state);
    case 'joining':
      return whileJoining(state, event);
    case 'joined':
      return event.type === 'join' ||
        event.type === 'lost' ||
        (event.type === 'nothingToSend' && state.sending)
        ? join(FRESH)
        : stay(state);
    case 'retrying':
      return event.type === 'join' ||
        event.type === 'lost' ||
        event.type === 'due' ||
        (event.type === 'reconnected' && state.until === 'connection')
        ? join(state.tries)
        : stay(state);
  }
}

type Joining = Extract<MediaState, { name: 'joining' }>;

function whileJoining(state: Joining, event: MediaEvent): MediaStep {
  switch (event.type) {
    case 'begun':
      return stay({ ...state, step: 'preparing' });
    case 'asked':
      return stay({ ...state, step: 'asked', sending: event.sending });
    case 'answered':
      return stay({ ...state, step: 'answered' });
    case 'done':
      // A join that is over already, where another one waits for its turn.
      if (state.step !== 'answered') return stay(state);
      if (state.again) return join(FRESH);
      return {
        state: { name: 'joined', sending: state.sending },
        actions: [{ type: 'tell', trouble: null }],
      };
    case 'join':
      return again(state, wasAsked(state));
    case 'lost':
      // A join that is on its way makes the media anew already.
      return again(state, state.step === 'answered');
    case 'nothingToSend':
      return again(state, wasAsked(state) && state.sending);
    default:
      return stay(state);
  }
}

function failed(state: MediaState, why: MediaFailure): MediaStep {
  // What fails of the join before is repaired by the one that is about to begin.
  if (state.name === 'idle' || (state.name === 'joining' && state.step === 'waiting')) return stay(state);
  const pending = state.name === 'joining' && state.again;
  const tries = state.name === 'joining' || state.name === 'retrying' ? state.tries : FRESH;
  switch (why) {
    case 'disconnected':
      // Media outlives the connection; but whether the server did what it was asked is not known.
      return stay({ name: 'retrying', until: 'connection', tries });
    case 'moved_on':
      if (state.name !== 'joining') return stay(state);
      if (pending) return join(tries);
      return stay(state.step === 'answered' ? { name: 'joined', sending: state.sending } : IDLE);
    case 'unsupported':
      return { state: IDLE, actions: [{ type: 'tell', trouble: 'unsupported' }] };
    case 'mistake': {
      const mistakes = tries.mistakes + 1;
      if (mistakes >= MISTAKES_MAX) return { state: IDLE, actions: [{ type: 'tell', trouble: 'page' }] };
      return retry(state, { ...tries, mistakes }, pending);
    }
    case 'other':
      return retry(state, tries, pending);
  }
}

function retry(state: MediaState, tries: Tries, pending: boolean): MediaStep {
  // Of what fails of one join, one thing is enough to have it done again.
  if (state.name === 'retrying') return stay({ ...state, tries });
  const delay = RETRY_DELAYS[tries.failures];
  const tell: MediaAction[] = delay === undefined ? [{ type: 'tell', trouble: 'unreachable' }] : [];
  const next = { ...tries, failures: tries.failures + 1 };
  if (pending) return { ...join(next), actions: [...tell, { type: 'join' }] };
  // The call's own deadlines end what never succeeds.
  return {
    state: { name: 'retrying', until: 'time', tries: next },
    actions: [...tell, { type: 'wait', delay: delay ?? LAST_RETRY_DELAY }],
  };
}

const stay = (state: MediaState): MediaStep => ({ state, actions: [] });

function join(tries: Tries): MediaStep {
  return {
    state: { name: 'joining', step: 'waiting', sending: false, again: false, tries },
    actions: [{ type: 'join' }],
  };
}

const wasAsked = ({ step }: Joining): boolean => step === 'asked' || step === 'answered';

function again(state: Joining, needed: boolean): MediaStep {
  return stay(needed && !state.again ? { ...state, again: true } : state);
}
