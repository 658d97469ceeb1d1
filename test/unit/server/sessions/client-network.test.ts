import { expect, test } from 'vitest';
import { networkOf, wideNetworkOf } from '../../../../server/sessions/client-network.ts';

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
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
