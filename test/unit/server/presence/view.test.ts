import type { Notice, NoticeData } from '#protocol/methods';
import type { PeoplePage, Person } from '#protocol/people';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Notifier } from '../../../../server/notifier.ts';
import { Blocks } from '../../../../server/presence/blocks.ts';
import { Directory } from '../../../../server/presence/directory.ts';
import { PeopleService } from '../../../../server/presence/people-service.ts';
import { comparePlaces, comparisonKey, type Place } from '#protocol/rules';

const place = ({ presence, username }: Person): Place => ({
  online: presence !== 'offline',
  key: comparisonKey(username),
});

/** A client by the protocol's words alone: what it was sent, and what it makes of each notice. */
class Viewer {
  rows: Person[] = [];
  online = 0;
  search = '';
  /** The last place that was sent; null where the list was sent to its end. */
  cursor: { online: boolean; username: string } | null = null;

  take(page: PeoplePage, first: boolean): void {
    const fresh = new Set(page.people.map(({ id }) => id));
    this.rows = [...(first ? [] : this.rows.filter(({ id }) => !fresh.has(id))), ...page.people];
    this.online = page.online;
    const last = page.people.at(-1);
    this.cursor = page.more && last ? { online: last.presence !== 'offline', username: last.username } : null;
  }

  hear(person: Person, online: number): void {
    this.online = online;
    this.rows = this.rows.filter(({ id }) => id !== person.id);
    const end = this.cursor && { online: this.cursor.online, key: comparisonKey(this.cursor.username) };
    const found = comparisonKey(person.username).includes(this.search);
    if (found && !person.gone && (end === null || comparePlaces(place(person), end) <= 0))
      this.rows.push(person);
  }

  get sorted(): Person[] {
    return this.rows.toSorted((a, b) => comparePlaces(place(a), place(b)));
  }
}

const VIEWER = 'viewer';
const nameOf = (number: number) => `${'abcxyz'[number % 6] ?? ''}name${number}`;

type Step =
  | { type: 'come' | 'go' | 'call' | 'hangUp'; who: number }
  | { type: 'disable' | 'enable' | 'delete'; who: number }
  | { type: 'signUp' }
  | { type: 'more' }
  | { type: 'search'; text: string };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      type: fc.constantFrom('come' as const, 'go' as const, 'call' as const, 'hangUp' as const),
      who: fc.nat(159),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom('disable' as const, 'enable' as const, 'delete' as const),
      who: fc.nat(159),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ type: 'signUp' }) },
  { weight: 2, arbitrary: fc.constant<Step>({ type: 'more' }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Step[]>(
      { type: 'search', text: '' },
      { type: 'search', text: 'NAME1' },
      { type: 'search', text: 'xn' },
      { type: 'search', text: 'nobody' },
    ),
  },
);

/** The real service, with a notifier that hands what one connection is sent to the client above. */
function world(count: number) {
  const viewer = new Viewer();
  let sent = 0;
  const notifier: Notifier = {
    toAccount: () => undefined,
    toTab: () => undefined,
    toConnections<N extends Notice>(ids: Iterable<string>, notice: N, data: NoticeData<N>) {
      if (![...ids].includes(VIEWER) || notice !== 'personChanged') return;
      const { person, online } = data as NoticeData<'personChanged'>;
      sent += 1;
      viewer.hear(person, online);
    },
  };
  const accounts = Array.from({ length: count }, (_, number) => ({
    id: `id${number}`,
    username: nameOf(number),
  }));
  const directory = new Directory([...accounts, { id: 'me', username: 'me' }]);
  const people = new PeopleService({ directory, blocks: new Blocks([]), notifier });
  people.connect('me', VIEWER);
  viewer.take(people.list(VIEWER, { search: '' }), true);
  return { viewer, people, count: () => sent };
}

/** The whole list as the server would page it out now. A second connection of the viewer asks, for its view to stay. */
function wholeList(people: PeopleService, search: string): Person[] {
  people.connect('me', 'other');
  const all: Person[] = [];
  let page = people.list('other', { search });
  all.push(...page.people);
  for (let last = page.people.at(-1); page.more && last; last = page.people.at(-1)) {
    page = people.list('other', {
      search,
      after: { online: last.presence !== 'offline', username: last.username },
    });
    all.push(...page.people);
  }
  people.disconnect('me', 'other');
  return all;
}

test('list and notices keep what a client shows equal to what the server would show', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const { viewer, people } = world(160);
      let accounts = 160;
      for (const { type, ...rest } of steps) {
        const id = `id${'who' in rest ? rest.who : 0}`;
        if (type === 'come') people.connect(id, `c-${id}`);
        if (type === 'go') people.disconnect(id, `c-${id}`);
        if (type === 'call' || type === 'hangUp') people.setInCall(id, type === 'call');
        if (type === 'disable' || type === 'enable' || type === 'delete') {
          const username = type === 'delete' ? `deleted-${id}` : nameOf('who' in rest ? rest.who : 0);
          people.update({ id, username, ...(type !== 'enable' && { gone: `${type}d` as const }) });
        }
        if (type === 'signUp') {
          people.add({ id: `id${accounts}`, username: nameOf(accounts) });
          accounts += 1;
        }
        if (type === 'more' && viewer.cursor)
          viewer.take(people.list(VIEWER, { search: viewer.search, after: viewer.cursor }), false);
        if (type === 'search' && 'text' in rest) {
          viewer.search = comparisonKey(rest.text);
          viewer.take(people.list(VIEWER, { search: rest.text }), true);
        }
        const whole = wholeList(people, viewer.search);
        const { cursor } = viewer;
        const end = cursor && { online: cursor.online, key: comparisonKey(cursor.username) };
        expect(viewer.sorted).toEqual(
          end ? whole.filter((one) => comparePlaces(place(one), end) <= 0) : whole,
        );
      }
    }),
    { numRuns: 60 },
  );
});

describe('who is told', () => {
  test('nobody of someone who stands beyond the page', () => {
    const { people, count } = world(200);
    for (let number = 0; number < 60; number++) people.connect(`id${number}`, `c${number}`);
    people.list(VIEWER, { search: '' });
    const before = count();
    // All of the page are online, with names before "z": this one comes in behind them.
    people.connect('id65', 'late');
    expect(nameOf(65).startsWith('z')).toBe(true);
    expect(count()).toBe(before);
  });

  test('whoever shows a conversation with them, wherever they stand', () => {
    const { people, count, viewer } = world(200);
    people.watch(VIEWER, ['id5']);
    viewer.search = 'nobody';
    viewer.take(people.list(VIEWER, { search: 'nobody' }), true);
    people.connect('id5', 'c5');
    people.connect('id6', 'c6');
    expect(count()).toBe(1);
  });

  test('nobody of a second tab', () => {
    const { people, count } = world(10);
    people.connect('id1', 'first');
    people.connect('id1', 'second');
    people.disconnect('id1', 'first');
    expect(count()).toBe(1);
    people.disconnect('id1', 'second');
    expect(count()).toBe(2);
  });
});
