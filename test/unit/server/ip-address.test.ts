import fc from 'fast-check';
import { isIPv4, isIPv6 } from 'node:net';
import { describe, expect, test } from 'vitest';
import {
  addressOfHost,
  bytesOf,
  isAddress,
  isLoopback,
  isPrivate,
  Networks,
  networkOf,
  plainAddress,
  wideNetworkOf,
} from '../../../server/ip-address.ts';

/** What ipaddr.js, or some other program, takes for an address, and `node:net` does not. */
const NO_ADDRESSES = [
  '',
  'localhost',
  '127.1',
  '2130706433',
  '0x7f.0.0.1',
  '010.0.0.1',
  '10.0.0.1 ',
  '10.0.0.256',
  '::ffff:010.0.0.1',
  '::ffff:10.1',
  '[::1]',
  '1::2::3',
  'fe80::1%',
  '10.0.0.1%eth0',
];

describe.each(NO_ADDRESSES)('"%s"', (text) => {
  test('is no address, and of no kind', () => {
    expect(isAddress(text)).toBe(false);
    expect([isLoopback(text), isPrivate(text)]).toEqual([false, false]);
    expect(new Networks(['0.0.0.0/0', '::/0']).has(text)).toBe(false);
    expect(() => bytesOf(text)).toThrow('is no IP address');
  });

  test('is left as it is', () => {
    expect([plainAddress(text), networkOf(text), wideNetworkOf(text)]).toEqual([text, text, text]);
  });
});

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['::FFFF:203.0.113.7', '203.0.113.7'],
  ['::ffff:cb00:7107', '203.0.113.7'],
  ['0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7'],
  // ipaddr.js would take this for an IPv4-mapped one.
  ['::203.0.113.7', '::203.0.113.7'],
  ['2001:DB8::1', '2001:DB8::1'],
  ['fe80::1%eth0', 'fe80::1%eth0'],
])('%s is plainly %s', (address, plain) => expect(plainAddress(address)).toBe(plain));

test.each([
  ['10.255.255.255', true],
  ['11.0.0.0', false],
  ['100.63.255.255', false],
  ['100.64.0.0', true],
  ['100.127.255.255', true],
  ['100.128.0.0', false],
  ['127.255.255.255', true],
  ['169.254.0.1', true],
  ['172.15.255.255', false],
  ['172.16.0.0', true],
  ['172.31.255.255', true],
  ['172.32.0.0', false],
  ['192.168.255.255', true],
  ['192.169.0.0', false],
  ['203.0.113.7', false],
  ['::ffff:192.168.1.7', true],
  ['::ffff:203.0.113.7', false],
  ['::192.168.1.7', false],
  ['::1', true],
  ['::', false],
  ['fbff::1', false],
  ['fc00::1', true],
  ['fdff::1', true],
  ['fe80::1%br-lan', true],
  ['febf::1', true],
  ['fec0::1', false],
  ['2001:db8::1', false],
])('whether %s is private: %s', (address, answer) => expect(isPrivate(address)).toBe(answer));

test.each([
  ['127.0.0.1', true],
  ['127.44.44.44', true],
  ['::1', true],
  ['0:0:0:0:0:0:0:1', true],
  ['::ffff:127.0.0.1', true],
  ['128.0.0.1', false],
  ['::2', false],
])('whether %s is of the loopback: %s', (address, answer) => expect(isLoopback(address)).toBe(answer));

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['call.example.org', undefined],
  ['[nonsense]', undefined],
])('of the host %s the address is %s', (host, address) => expect(addressOfHost(host)).toBe(address));

test.each([
  ['10.1.2.3', true],
  ['::ffff:10.1.2.3', true],
  ['11.1.2.3', false],
  ['192.0.2.1', true],
  ['192.0.2.2', false],
  ['fd00::1%eth0', true],
  ['fe00::1', false],
  ['2001:db8::1', true],
  ['2001:db8::2', false],
])('whether %s is in some networks: %s', (address, answer) => {
  expect(new Networks(['10.0.0.0/8', '192.0.2.1', 'fd00::/8', '2001:db8::1']).has(address)).toBe(answer);
});

test('takes every address that node:net takes, however it is written', () => {
  const group = fc.integer({ min: 0, max: 0xffff }).map((number) => number.toString(16));
  const groups = fc.array(group, { maxLength: 8 }).map((all) => all.join(':'));
  const tail = fc.oneof(fc.constant(''), fc.ipV4());
  const zone = fc.constantFrom('', '%eth0', '%br-lan', '%eth0.1');
  const ipv6 = fc
    .tuple(groups, fc.constantFrom('::', ':', ''), groups, fc.constantFrom(':', ''), tail, zone)
    .map((parts) => parts.join(''))
    .filter((text) => isIPv6(text));
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), ipv6), (text) => {
      const bytes = bytesOf(text);
      expect(bytes).toHaveLength(isIPv4(plainAddress(text)) ? 4 : 16);
      if (isIPv4(text)) expect(networkOf(text)).toBe(text);
      if (bytes.length === 4) return;
      const number = Array.from({ length: 4 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16));
      expect(networkOf(text)).toBe(`${number.join(':')}::/64`);
      expect(wideNetworkOf(text)).toBe(`${number.slice(0, 3).join(':')}::/48`);
    }),
  );
});

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['2001:DB8:01::1', '2001:db8:1:0::/64'],
  ['2001:db8::3:4:192.0.2.1', '2001:db8:0:0::/64'],
  ['2001:db8::2:3:4:192.0.2.1', '2001:db8:0:2::/64'],
])('%s counts as %s', (address, network) => expect(networkOf(address)).toBe(network));

test('all addresses of one /64 count as one, and the next /64 as another', () => {
  expect(networkOf('2001:db8:1:2:ffff:ffff:ffff:ffff')).toBe(networkOf('2001:db8:1:2::'));
  expect(networkOf('2001:db8:1:3::')).not.toBe(networkOf('2001:db8:1:2::'));
});

test('the wider network of IPv6 is a /48, of IPv4 the address', () => {
  expect(wideNetworkOf('2001:db8:1:2::1')).toBe('2001:db8:1::/48');
  expect(wideNetworkOf('2001:db8:1:ffff::1')).toBe(wideNetworkOf('2001:db8:1:2::1'));
  expect(wideNetworkOf('2001:db8:2::1')).not.toBe(wideNetworkOf('2001:db8:1::1'));
  expect(wideNetworkOf('::1')).toBe('0:0:0::/48');
  expect(wideNetworkOf('203.0.113.7')).toBe('203.0.113.7');
});
