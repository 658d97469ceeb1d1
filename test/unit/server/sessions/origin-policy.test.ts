import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { OriginPolicy } from '../../../../server/sessions/origin-policy.ts';

function requestWith(headers: Record<string, string>): IncomingMessage {
  return Object.assign(new IncomingMessage(new Socket()), { headers });
}

const admits = (policy: OriginPolicy, headers: Record<string, string>, required = false): boolean => {
  try {
    policy.assertOwn(requestWith(headers), { required });
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'wrong_origin' });
    return false;
  }
};

describe('without a public URL, the page comes from the host that is asked', () => {
  const policy = new OriginPolicy({ publicUrl: undefined, encrypted: false });
  test.each([
    ['http://localhost:3000', true],
    ['https://localhost:3000', false],
    ['http://LOCALHOST:3000', true],
    ['http://localhost:3001', false],
    ['http://localhost', false],
    ['http://evil.example', false],
    ['http://localhost:3000.evil.example', false],
    ['http://localhost:3000@evil.example', false],
    ['null', false],
    ['', false],
    ['not an origin', false],
  ])('%j: %s', (origin, own) => expect(admits(policy, { origin, host: 'localhost:3000' })).toBe(own));

  test('a request without Origin passes only where none is required and no browser says "cross-site"', () => {
    const host = 'localhost:3000';
    expect(admits(policy, { host })).toBe(true);
    expect(admits(policy, { host, 'sec-fetch-site': 'same-origin' })).toBe(true);
    expect(admits(policy, { host, 'sec-fetch-site': 'none' })).toBe(true);
    expect(admits(policy, { host, 'sec-fetch-site': 'cross-site' })).toBe(false);
    expect(admits(policy, { host, 'sec-fetch-site': 'same-site' })).toBe(false);
    expect(admits(policy, { host }, true)).toBe(false);
  });
});

test('a server that speaks HTTPS takes no page that was loaded without it', () => {
  const policy = new OriginPolicy({ publicUrl: undefined, encrypted: true });
  expect(admits(policy, { origin: 'https://localhost:3443', host: 'localhost:3443' })).toBe(true);
  expect(admits(policy, { origin: 'http://localhost:3443', host: 'localhost:3443' })).toBe(false);
  expect(admits(policy, { origin: 'https://call.example', host: 'call.example:443' })).toBe(true);
  expect(admits(policy, { origin: 'null', host: '' })).toBe(false);
});

test('with a public URL, pages of that origin alone are ours, whatever the host behind the proxy', () => {
  const publicUrl = new URL('https://call.example.org/');
  const policy = new OriginPolicy({ publicUrl, encrypted: false });
  const host = '10.0.0.5:3000';
  expect(admits(policy, { origin: 'http://10.0.0.5:3000', host })).toBe(false);
  expect(admits(policy, { origin: 'http://rebound.example', host: 'rebound.example' })).toBe(false);
  expect(admits(policy, { origin: 'https://call.example.org', host })).toBe(true);
  expect(admits(policy, { origin: 'http://call.example.org', host })).toBe(false);
  expect(admits(policy, { origin: 'https://call.example.org.evil.example', host })).toBe(false);
});
