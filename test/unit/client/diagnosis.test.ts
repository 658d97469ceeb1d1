import { expect, test } from 'vitest';
import type { Route } from '#protocol/check';
import { ROUTES } from '#protocol/rules';
import { judge } from '../../../client/lib/diagnosis.ts';
import { doctor } from '../../../client/texts/doctor.ts';

const PORTS = new Map<Route, number>([
  ['udp', 44_444],
  ['tcp', 44_444],
  ['turn_udp', 3_478],
  ['turn_tcp', 3_478],
  ['turn_tls', 443],
]);

interface Case {
  works: readonly Route[];
  seen?: readonly Route[];
  loopback?: boolean;
  offered?: readonly Route[];
}

function sentences({ works, seen = [], loopback = works.length > 0, offered = ROUTES }: Case) {
  const routes = new Map(offered.map((route) => [route, works.includes(route) ? 'works' : 'fails'] as const));
  const ports = new Map([...PORTS].filter(([route]) => offered.includes(route)));
  const verdict = judge({ routes, loopback, seen, ports });
  return [doctor.person(verdict), doctor.operator(verdict)];
}

test('where UDP works and the picture comes back, all is well', () => {
  expect(sentences({ works: ROUTES })).toEqual([expect.stringContaining('Calls work from here'), null]);
  expect(sentences({ works: ['udp'] })[0]).toContain('Calls work from here');
});

test('UDP that others have is blocked by this network, and the way that is left is named', () => {
  const seen: Route[] = ['udp'];
  expect(sentences({ works: ['turn_tls'], seen })).toEqual([
    'Your network blocks UDP; calls go over TLS, which works but is slower.',
    null,
  ]);
  expect(sentences({ works: ['tcp', 'turn_tcp', 'turn_tls'], seen })[0]).toContain('calls go over TCP');
});

test('UDP that nobody has had may be the server’s: both causes, and the operator’s port', () => {
  const [person, operator] = sentences({ works: ['tcp', 'turn_udp', 'turn_tls'] });
  expect(person).toContain('your network blocks it, or the server’s port is closed; calls go over TCP');
  expect(operator).toBe(
    'UDP 44444 does not reach the server: forward it in the router or open it in the firewall.',
  );
});

test('no way at all: this network where others come through, else both', () => {
  expect(sentences({ works: [], seen: ['udp', 'turn_tls'] })).toEqual([
    expect.stringContaining('Your network lets no call through, while others reach the server'),
    null,
  ]);
  expect(sentences({ works: [], seen: ['udp'], offered: ['udp', 'tcp'] })[1]).toContain('set TURN=on');
  const [person, operator] = sentences({ works: [], offered: ['udp', 'tcp', 'turn_udp', 'turn_tcp'] });
  expect(person).toContain('your network blocks it, or the server’s ports are closed');
  expect(operator).toContain('Neither UDP nor TCP 44444 reaches the server');
  expect(operator).toContain('Neither UDP nor TCP 3478 reaches the relay');
});

test('a relay that is silent where the page comes from is down, whatever else works', () => {
  const down = 'The relay does not answer on TCP 443, where the page does';
  expect(sentences({ works: ['udp', 'tcp'] })).toEqual([
    expect.stringContaining('Calls work from here'),
    expect.stringContaining(down),
  ]);
  expect(sentences({ works: [], seen: ['udp'] })[1]).toContain(down);
  // Others had it: this network looks into TLS.
  expect(sentences({ works: [], seen: ['turn_tls'] })[1]).toBeNull();
});

test('UDP is not blocked as a whole where the relay is reached by it: the port is named', () => {
  const [person] = sentences({ works: ['turn_udp', 'turn_tls'], seen: ['udp'] });
  expect(person).toContain('Your network blocks UDP 44444; calls go over a relay,');
});

test('connected without a picture is told apart', () => {
  expect(sentences({ works: ROUTES, loopback: false })[0]).toContain('no picture came back');
});

test('where only UDP leads to the media, nobody is sent after TCP', () => {
  const offered: Route[] = ['udp', 'turn_tls'];
  expect(sentences({ works: offered, offered })[1]).toBeNull();
  expect(sentences({ works: ['turn_tls'], offered })[1]).toMatch(
    /^UDP 44444 does not reach .*MEDIA_ADDRESSES/,
  );
});
