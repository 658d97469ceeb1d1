import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareKeys } from '#protocol/rules';
import { Directory } from '../../../../server/presence/directory.ts';

const usernames = fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), {
  selector: (name) => name.normalize('NFKC').toLowerCase().normalize('NFKC'),
  maxLength: 60,
});

test('names added one by one stand as if they had been sorted at once', () => {
  fc.assert(
    fc.property(usernames, usernames, (first, later) => {
      const accounts = [...first, ...later].map((username, index) => ({ id: String(index), username }));
      const atOnce = new Directory(accounts);
      const oneByOne = new Directory(accounts.slice(0, first.length));
      for (const account of accounts.slice(first.length)) oneByOne.add(account);
      const keys = [...oneByOne.from(undefined)].map(({ key }) => key);
      expect(keys).toEqual([...atOnce.from(undefined)].map(({ key }) => key));
      expect(keys).toEqual(keys.toSorted(compareKeys));
    }),
  );
});

test('a cursor need not be a name that is there', () => {
  fc.assert(
    fc.property(usernames, fc.string({ maxLength: 12 }), (names, after) => {
      const directory = new Directory(names.map((username, index) => ({ id: String(index), username })));
      const all = [...directory.from(undefined)];
      expect([...directory.from(after)]).toEqual(all.filter(({ key }) => compareKeys(key, after) > 0));
    }),
  );
});
