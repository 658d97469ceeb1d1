import { afterAll, expect, test } from 'vitest';
import { describeLab } from './describe-lab.ts';
import { build, type Ground, serve } from './ground.ts';
import { answer, knock } from './knock.ts';
import { Lab } from './lab.ts';
import { type Network, NETWORKS, PORTS } from './networks.ts';
import { Pair } from './pair.ts';
import { reachTable, type ReachRow } from './reach-table.ts';
import { repetitions } from '../support/repetitions.ts';

/** In each network. */
const CALLS = repetitions('LAB_CALLS', { quick: 1, nightly: 100 });
/** After so many calls that did not connect, more of them would say the same. */
const MOST_FAILURES = 3;

/** So that a network whose block does not block, or whose NAT is another, lets no call pass by accident. */
async function check({ clients, open, ip }: Network, ground: Ground): Promise<void> {
  const numbers = PORTS.map((port) => Number(port.split(' ')[1]));
  const inner = [ground.webPort, ...numbers];
  const responder = await answer(ground.server.machine, [...new Set(inner)]);
  const udp = open.filter((port) => port.startsWith('udp')).length;
  const checks = [ground.ann, ground.ben].map(async ({ machine }) => {
    const found = await knock(machine, ground.address, PORTS);
    expect(found.open).toEqual(open);
    // Ports that are drawn may, once in a while, be the same.
    if (clients?.symmetric) expect(found.seenAs.length).toBeGreaterThan(1);
    else expect(found.seenAs).toHaveLength(Math.min(udp, 1));
    const version4 = await machine.ip('-4', 'address', 'show', 'scope', 'global');
    expect(version4 === '').toBe(ip === 6);
  });
  await Promise.all(checks);
  await responder.end();
}

/** Makes so many calls, one after the other; after one that failed two others try. */
async function callAll(lab: Lab, ground: Ground, name: string): Promise<ReachRow> {
  const row: ReachRow = { name, calls: 0, setUpMs: [], ways: new Set(), failures: [] };
  while (row.calls < CALLS && row.failures.length < MOST_FAILURES) {
    await using pair = await Pair.meet(lab, ground, String(row.calls));
    try {
      while (row.calls < CALLS) {
        row.calls += 1;
        const { setUpMs, ways } = await pair.call();
        row.setUpMs.push(setUpMs);
        for (const way of ways) row.ways.add(way);
      }
    } catch (error) {
      row.failures.push(`call ${row.calls}: ${String(error)}`);
    }
    row.failures.push(...[pair.ann, pair.ben].flatMap(({ errors }) => errors));
  }
  return row;
}

describeLab('a call reaches everyone', () => {
  const rows: ReachRow[] = [];

  test.for(NETWORKS)('$name', { timeout: 120_000 + CALLS * 15_000 }, async (network) => {
    await using lab = new Lab({ ip: network.ip ?? 4 });
    const ground = await build(lab, network);
    await check(network, ground);
    const server = await serve(lab, ground);
    const row = await callAll(lab, ground, network.name);
    rows.push(row);
    // The table comes at the end, which in the nightly form is far away.
    console.log(reachTable([row]).split('\n').at(-1));

    expect(row.failures).toEqual([]);
    expect(row.setUpMs).toHaveLength(CALLS);
    expect([...row.ways]).toEqual([network.way]);
    expect(server.output).not.toMatch(/"level":(50|60)/);
  });

  afterAll(() => console.log(reachTable(rows)));
});
