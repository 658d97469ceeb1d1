import { expect, test } from 'vitest';
import { proxyHeader } from '../../../../server/reach/proxy-protocol.ts';

const START = '0d0a0d0a000d0a515549540a21';

test('IPv4', () => {
  const header = proxyHeader({ address: '203.0.113.9', port: 50_000 }, { address: '10.0.0.1', port: 443 });
  expect(header.toString('hex')).toBe(`${START}11000c` + 'cb007109' + '0a000001' + 'c350' + '01bb');
});

test.each([
  ['2001:db8::7', '20010db8000000000000000000000007'],
  ['::1', '00000000000000000000000000000001'],
  ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ['fe80::1%eth0', 'fe800000000000000000000000000001'],
  ['64:ff9b::192.0.2.33', '0064ff9b0000000000000000c0000221'],
])('IPv6: %s', (address, bytes) => {
  const header = proxyHeader({ address, port: 1 }, { address: '::', port: 2 });
  expect(header.toString('hex')).toBe(`${START}210024${bytes}${'0'.repeat(32)}00010002`);
});
