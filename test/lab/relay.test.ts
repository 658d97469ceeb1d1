import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeCertificate } from '../support/certificate.ts';
import { INNER_ADDRESS } from '../../server/reach/turn-configuration.ts';
import { made, SECRETS } from '../support/turn-stage.ts';
import { until } from '../support/until.ts';
import { describeLab } from './describe-lab.ts';
import { Lab } from './lab.ts';
import type { Namespace } from './namespace.ts';
import { LabServer } from './server.ts';

const ALLOCATOR = join(import.meta.dirname, 'programs', 'allocator.ts');
const HOLDER = join(import.meta.dirname, 'programs', 'holder.ts');
const PORT = 3478;
const SETTINGS = { TURN: 'on', TURN_SECRET: SECRETS.join(',') };

/** What the relay answers at these of its addresses. */
async function allocate(from: Namespace, ...addresses: string[]): Promise<unknown> {
  const { username, credential } = made();
  const args = [ALLOCATOR, String(PORT), username, credential, ...addresses];
  return JSON.parse(await from.run(process.execPath, ...args));
}

const allGood = (...addresses: string[]) =>
  Object.fromEntries(addresses.flatMap((one) => [`udp ${one}`, `tcp ${one}`]).map((way) => [way, 0]));

describeLab('the relay', () => {
  test('answers at every address of the machine, from that address', async () => {
    await using lab = new Lab();
    const client = await lab.namespace('client');
    const server = await lab.namespace('server');
    const { far, device } = await lab.link(client, server);
    const second = far.replace(/\d+$/, (last) => String(Number(last) + 1));
    await server.setUp(device, second, 24);
    await LabServer.start(lab, server, SETTINGS);
    expect(await allocate(client, far, second)).toEqual(allGood(far, second));
  });

  test.for([4, 6] as const)('starts before the network is there, and then answers, IPv%d', async (ip) => {
    await using lab = new Lab({ ip });
    const client = await lab.namespace('client');
    const server = await lab.namespace('server');
    await LabServer.start(lab, server, SETTINGS);
    const { far } = await lab.link(client, server);
    expect(await allocate(client, far)).toEqual(allGood(far));
  });

  test('for our front comes back at its port, though connections have all that there are', async () => {
    await using lab = new Lab();
    const server = await lab.namespace('server');
    await server.run('sh', '-c', 'echo 40000 40019 >/proc/sys/net/ipv4/ip_local_port_range');
    const { certFile, keyFile } = makeCertificate(lab.folder);
    await LabServer.start(lab, server, { ...SETTINGS, TLS_CERT: certFile, TLS_KEY: keyFile });
    const place = async () =>
      /\S+:400[01]\d/.exec(await server.run('ss', '-Hltn', 'src', INNER_ADDRESS))?.[0];
    const before = await place();
    expect(before).toBeDefined();

    const holder = server.start(process.execPath, [HOLDER, '4000', '20']);
    await holder.readUntil('waiting');
    await server.signal('SIGKILL', 'turnserver');
    await holder.readUntil('ready');
    await until('the relay', async () => (await place()) === before);
  });
});
