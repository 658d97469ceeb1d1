import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { TrustedProxies } from '../../../../server/reach/trusted-proxies.ts';

/** A request as it comes from this address with this header. */
function from(address: string, forwarded?: string): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: address });
  const request = new IncomingMessage(socket);
  if (forwarded !== undefined) request.headers['x-forwarded-for'] = forwarded;
  return request;
}

test.each([
  ['who asks directly is believed nothing', [], '203.0.113.9', '198.51.100.1', '203.0.113.9'],
  ['nor who is no proxy of ours', ['10.0.0.0/8'], '203.0.113.9', '198.51.100.1', '203.0.113.9'],
  ['a proxy tells', ['10.0.0.0/8'], '10.1.2.3', '198.51.100.1', '198.51.100.1'],
  [
    'what stands before the last may be forged',
    ['10.1.2.3'],
    '10.1.2.3',
    '6.6.6.6, 198.51.100.1',
    '198.51.100.1',
  ],
  ['two proxies in a row', ['10.0.0.0/8'], '10.1.2.3', '6.6.6.6, 198.51.100.1, 10.9.9.9', '198.51.100.1'],
  ['a proxy itself', ['10.0.0.0/8'], '10.1.2.3', undefined, '10.1.2.3'],
  ['no address is none', ['10.0.0.0/8'], '10.1.2.3', '198.51.100.1, nonsense', '10.1.2.3'],
  ['a mapped proxy', ['10.0.0.0/8'], '::ffff:10.1.2.3', '::ffff:198.51.100.1', '198.51.100.1'],
  ['IPv6', ['fd00::/8', '::1'], '::1', '2001:db8::7, fd00::1', '2001:db8::7'],
])('%s', (_, networks, remote, forwarded, client) => {
  expect(new TrustedProxies(networks).clientOf(from(remote, forwarded))).toBe(client);
});
