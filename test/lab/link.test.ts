import { expect, test } from 'vitest';
import { describeLab } from './describe-lab.ts';
import { Lab } from './lab.ts';
import { Probe } from './probe.ts';

/** Two machines, the link between them, and a probe at the near one. */
async function twoMachines(lab: Lab) {
  const client = await lab.namespace('client');
  const server = await lab.namespace('server');
  const link = await lab.link(client, server);
  const probe = await Probe.start(client, server, link.far);
  return { link, probe };
}

describeLab('the link', () => {
  test('takes its time, and another when it is told so', async () => {
    await using lab = new Lab();
    const { link, probe } = await twoMachines(lab);
    const measure = () => probe.echoes({ count: 40, intervalMs: 10 });

    const cable = await measure();
    await link.set({ delayMs: 25 });
    const near = await measure();
    await link.set({ delayMs: 100 });
    const far = await measure();
    console.log('round trips of 0, 50 and 200 ms:', JSON.stringify({ cable, near, far }));

    expect([cable, near, far].map(({ received }) => received)).toEqual([40, 40, 40]);
    // No packet is early; how late one may be is for a busy machine to say.
    expect(near.leastMs).toBeGreaterThanOrEqual(50);
    expect(far.leastMs).toBeGreaterThanOrEqual(200);
    expect(cable.leastMs).toBeLessThan(near.leastMs ?? 0);
    expect(near.leastMs).toBeLessThan(far.leastMs ?? 0);
  });

  test('loses some packets, and then no more', async () => {
    await using lab = new Lab();
    const { link, probe } = await twoMachines(lab);
    const count = 1_000;
    const measure = () => probe.echoes({ count, intervalMs: 1 });

    await link.set({ lossPercent: 10 });
    const lossy = await measure();
    await link.set({ lossPercent: 0 });
    const { fromNear, fromFar } = await link.counters();
    const whole = await measure();
    const after = await link.counters();
    console.log('at 10 % loss each way, and without:', JSON.stringify({ lossy, whole, fromNear, fromFar }));

    // There and back 19 % are lost; ten standard deviations to either side are 12.
    expect(lossy.sent - lossy.received).toBeGreaterThan(0.07 * count);
    expect(lossy.sent - lossy.received).toBeLessThan(0.31 * count);
    // Now and then a machine says a word of its own, which may get lost as well.
    expect(fromNear.lost + fromFar.lost).toBeGreaterThanOrEqual(lossy.sent - lossy.received);
    expect([after.fromNear.lost, after.fromFar.lost]).toEqual([fromNear.lost, fromFar.lost]);
    // What this process is too slow to read is no loss of the link's.
    expect(whole.received).toBeGreaterThan(0.98 * count);
  });

  test('lets through so much a second, and drops what its queue does not hold', async () => {
    await using lab = new Lab();
    const { link, probe } = await twoMachines(lab);
    const bytes = 1_000_000;

    const cable = await probe.download(bytes);
    await link.set({ delayMs: 5, bitsPerSecond: 4_000_000, queueBytes: 8_000 });
    const broad = await probe.download(bytes);
    await link.set({ bitsPerSecond: 1_000_000 });
    const narrow = await probe.download(bytes / 2);
    const { fromFar } = await link.counters();
    console.log('without limit, at 4 and at 1 Mbit/s:', JSON.stringify({ cable, broad, narrow, fromFar }));

    expect(cable.bitsPerSecond).toBeGreaterThan(4_000_000);
    // TCP's own headers take a twentieth; what it loses to the full queue is for its algorithm to say.
    expect(broad.bitsPerSecond).toBeLessThan(4_000_000);
    expect(broad.bitsPerSecond).toBeGreaterThan(1_000_000);
    expect(narrow.bitsPerSecond).toBeLessThan(1_000_000);
    expect(narrow.bitsPerSecond).toBeGreaterThan(250_000);
    // TCP begins with ten packets at once, and the queue holds five.
    expect(fromFar.dropped).toBeGreaterThan(0);
  });

  test('refuses what makes no sense', async () => {
    await using lab = new Lab();
    const { link } = await twoMachines(lab);
    await expect(link.set({ lossPercent: 101 })).rejects.toThrow('not understood');
    await expect(link.set({ delayMs: -1 })).rejects.toThrow('not understood');
    await link.set({ delayMs: 1 });
  });
});
