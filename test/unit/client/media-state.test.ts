import { describe, expect, test } from 'vitest';
import {
  IDLE,
  type MediaAction,
  type MediaEvent,
  type MediaFailure,
  type MediaState,
  step,
} from '../../../client/lib/media-state.ts';

/** What led to each state. */
const ASKED: MediaEvent[] = [{ type: 'join' }, { type: 'begun' }, { type: 'asked', sending: true }];
const PATHS = {
  idle: [],
  waiting: ASKED.slice(0, 1),
  preparing: ASKED.slice(0, 2),
  asked: ASKED,
  answered: [...ASKED, { type: 'answered' }],
  joined: [...ASKED, { type: 'answered' }, { type: 'done' }],
  retrying: [...ASKED, { type: 'failed', why: 'other' }],
  offline: [...ASKED, { type: 'failed', why: 'disconnected' }],
  closed: [{ type: 'close' }],
} satisfies Record<string, MediaEvent[]>;
type Path = keyof typeof PATHS;

const reach = (events: readonly MediaEvent[]): MediaState =>
  events.reduce<MediaState>((state, event) => step(state, event).state, IDLE);

function nameOf(state: MediaState): string {
  if (state.name === 'joining') return state.again ? `${state.step} again` : state.step;
  return state.name === 'retrying' && state.until === 'connection' ? 'offline' : state.name;
}

function wordsOf(action: MediaAction): string {
  if (action.type === 'wait') return `wait ${action.delay}`;
  return action.type === 'tell' ? `tell ${action.trouble ?? 'none'}` : action.type;
}

/** Where an event leads from each state, and what is to be done: "joined: wait 0 -> retrying". */
function after(path: Path, event: MediaEvent): string {
  const { state, actions } = step(reach(PATHS[path]), event);
  return [...actions.map(wordsOf), nameOf(state)].join(' -> ');
}

/** What happens in each state; a state that is not named is left as it was, and nothing is done. */
const TABLE: [MediaEvent, Partial<Record<Path, string>>][] = [
  [
    { type: 'join' },
    {
      idle: 'join -> waiting',
      asked: 'asked again',
      answered: 'answered again',
      joined: 'join -> waiting',
      retrying: 'join -> waiting',
      offline: 'join -> waiting',
    },
  ],
  [
    { type: 'lost' },
    {
      answered: 'answered again',
      joined: 'join -> waiting',
      retrying: 'join -> waiting',
      offline: 'join -> waiting',
    },
  ],
  [{ type: 'due' }, { retrying: 'join -> waiting', offline: 'join -> waiting' }],
  [{ type: 'reconnected' }, { offline: 'join -> waiting' }],
  [
    { type: 'nothingToSend' },
    { asked: 'asked again', answered: 'answered again', joined: 'join -> waiting' },
  ],
  [{ type: 'done' }, { answered: 'tell none -> joined' }],
  [
    { type: 'failed', why: 'disconnected' },
    { preparing: 'offline', asked: 'offline', answered: 'offline', joined: 'offline', retrying: 'offline' },
  ],
  [
    { type: 'failed', why: 'moved_on' },
    { preparing: 'idle', asked: 'idle', answered: 'joined' },
  ],
  [
    { type: 'failed', why: 'unsupported' },
    {
      preparing: 'tell unsupported -> idle',
      asked: 'tell unsupported -> idle',
      answered: 'tell unsupported -> idle',
      joined: 'tell unsupported -> idle',
      retrying: 'tell unsupported -> idle',
      offline: 'tell unsupported -> idle',
    },
  ],
  [
    { type: 'failed', why: 'other' },
    {
      preparing: 'wait 0 -> retrying',
      asked: 'wait 0 -> retrying',
      answered: 'wait 0 -> retrying',
      joined: 'wait 0 -> retrying',
    },
  ],
  [
    { type: 'failed', why: 'mistake' },
    {
      preparing: 'wait 0 -> retrying',
      asked: 'wait 0 -> retrying',
      answered: 'wait 0 -> retrying',
      joined: 'wait 0 -> retrying',
    },
  ],
  [{ type: 'close' }, Object.fromEntries(Object.keys(PATHS).map((path) => [path, 'closed']))],
];

describe.each(TABLE)('%o', (event, expected) => {
  test.each(Object.keys(PATHS) as Path[])('while %s', (path) => {
    expect(after(path, event)).toBe(expected[path] ?? path);
  });
});

/** What is done for a row of failures, each of a join that was asked. */
function tries(...failures: MediaFailure[]): string[] {
  let state = IDLE;
  return failures.map((why) => {
    for (const event of [...ASKED, { type: 'failed', why } as const]) {
      const next = step(state, event);
      state = next.state;
      if (event.type === 'failed') return next.actions.map(wordsOf).join(', ');
    }
    return '';
  });
}

test('waits longer after each failure, and tells of it after the fourth', () => {
  expect(tries('other', 'other', 'other', 'other', 'other', 'other')).toEqual([
    'wait 0',
    'wait 500',
    'wait 1500',
    'wait 3000',
    'tell unreachable, wait 3000',
    'tell unreachable, wait 3000',
  ]);
});

test('gives up after the second mistake of our own, whatever fails in between', () => {
  expect(tries('mistake', 'mistake')).toEqual(['wait 0', 'tell page']);
  expect(tries('mistake', 'other', 'mistake')).toEqual(['wait 0', 'wait 500', 'tell page']);
});

test('a lost connection is no failure of the server’s', () => {
  expect(tries('other', 'disconnected', 'other')).toEqual(['wait 0', '', 'wait 500']);
});

test('of what fails of one join, one thing is enough to have it done again', () => {
  const failed = reach([
    ...PATHS.retrying,
    { type: 'failed', why: 'other' },
    { type: 'due' },
    ...ASKED.slice(1),
  ]);
  expect(step(failed, { type: 'failed', why: 'other' }).actions).toEqual([{ type: 'wait', delay: 500 }]);
});

test('what is wished for while the server is asked is done after that join, also where it failed', () => {
  const again = reach([...ASKED, { type: 'join' }]);
  const done = step(step(again, { type: 'answered' }).state, { type: 'done' });
  expect(done.actions).toEqual([{ type: 'join' }]);
  expect(nameOf(done.state)).toBe('waiting');
  for (const why of ['other', 'moved_on'] as const) {
    expect(step(again, { type: 'failed', why }).actions).toEqual([{ type: 'join' }]);
  }
});

test('who listens only from the beginning does not join again for it', () => {
  const listens = reach([...PATHS.preparing, { type: 'asked', sending: false }]);
  expect(nameOf(step(listens, { type: 'nothingToSend' }).state)).toBe('asked');
});
