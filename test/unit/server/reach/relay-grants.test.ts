import { expect, test } from 'vitest';
import { RelayGrants } from '../../../../server/reach/relay-grants.ts';
import { RelaySlots, SLOTS, WIDE_SLOTS } from '../../../../server/reach/relay-slots.ts';

const NOW = 1_700_000_000_000;
const nameOf = (slot: string, expiry: number) => `${expiry}:${slot}`;

/** What a grant asks for, with what differs. */
const request = (scope: string, accountId: string, address: string | undefined = '203.0.113.7') => ({
  scope,
  accountId,
  address,
  lifetime: 300,
  nameOf,
});

const slotOf = (name: string) => name.replace(/^\d+:/, '');

function taken(slots: RelaySlots, addresses: readonly (string | undefined)[]): Set<string> {
  return new Set(addresses.map((address, index) => slots.take(`account ${index}`, address)));
}

test('an IPv4 address has 16 quotas, however many accounts it has, and another address has its own', () => {
  const slots = new RelaySlots();
  expect(taken(slots, Array<string>(128).fill('203.0.113.7')).size).toBe(SLOTS);
  expect(slots.take('another', '203.0.113.8')).toContain('203.0.113.8');
});

test('an IPv6 /64 has 16, and the /48 around it 32', () => {
  const addresses = Array.from({ length: 128 }, (_, index) => `2001:db8:1:1::${index + 1}`);
  expect(taken(new RelaySlots(), addresses).size).toBe(SLOTS);
  const networks = Array.from({ length: 128 }, (_, index) => `2001:db8:1:${index + 1}::1`);
  expect(taken(new RelaySlots(), networks).size).toBe(WIDE_SLOTS);
});

test('of an unknown address each account has a quota of its own', () => {
  expect(taken(new RelaySlots(), Array<undefined>(20).fill(undefined)).size).toBe(20);
});

test('accounts that share a quota are spread evenly', () => {
  const slots = new RelaySlots();
  const names = Array.from({ length: 3 * SLOTS }, (_, index) => slots.take(`${index}`, '203.0.113.7'));
  const counts = Map.groupBy(names, (name) => name);
  expect([...counts.values()].map(({ length }) => length)).toEqual(Array<number>(SLOTS).fill(3));
});

test('an account has one quota at a time, also where it comes from another network', () => {
  const grants = new RelayGrants();
  const first = grants.issue(request('call', 'ann', '203.0.113.7'), NOW);
  const moved = grants.issue(request('call', 'ann', '198.51.100.1'), NOW);
  const checking = grants.issue(request('check', 'ann', '198.51.100.1'), NOW);
  expect(new Set([first, moved, checking].map(slotOf)).size).toBe(1);
  grants.end('call');
  grants.end('check');
  expect(slotOf(grants.issue(request('later', 'ann', '198.51.100.1'), NOW))).not.toBe(slotOf(first));
});

test('the quotas of a network are the same ones again, so that what is left over still counts', () => {
  const grants = new RelayGrants();
  const first = slotOf(grants.issue(request('one', 'ann'), NOW));
  grants.end('one');
  expect(slotOf(grants.issue(request('two', 'ben'), NOW))).toBe(first);
});

test('no two grants have the same user name, so the end of one ends no other', () => {
  const grants = new RelayGrants();
  const accounts = Array.from({ length: 2 * SLOTS }, (_, index) => `account ${index}`);
  const names = accounts.map((accountId) => grants.issue(request(`of ${accountId}`, accountId), NOW));
  expect(new Set(names).size).toBe(names.length);
  grants.end('of account 0');
  expect(grants.dead()).toEqual(new Set(names.slice(0, 1)));
  expect(names).not.toContain(grants.issue(request('of account 0', 'account 0'), NOW));
});

test('the names of what has ended are kept while they are good', () => {
  const grants = new RelayGrants();
  const names = [0, 1_000].map((later) => grants.issue(request('call', 'ann'), NOW + later));
  expect(grants.end('call')).toBe(true);
  expect(grants.end('call')).toBe(false);
  grants.forget(NOW + 300_000);
  expect(grants.dead()).toEqual(new Set(names));
  grants.forget(NOW + 301_000);
  expect(grants.dead()).toEqual(new Set(names.slice(1)));
});
