import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findProgram } from '../../scripts/support/apt.ts';
import { ROOT } from '../../scripts/support/paths.ts';
import { makeCertificate } from '../support/certificate.ts';
import { INNER_ADDRESS, RELAYED_MEDIA_ADDRESS } from '../../server/reach/turn-configuration.ts';
import { made, SECRETS } from '../support/turn-stage.ts';
import { until } from '../support/until.ts';
import { describeLab } from './describe-lab.ts';
import { Lab } from './lab.ts';
import type { Namespace } from './namespace.ts';
import { LabServer } from './server.ts';

const ALLOCATOR = join(import.meta.dirname, 'programs', 'allocator.ts');
const HOLDER = join(import.meta.dirname, 'programs', 'holder.ts');
const EAR = join(import.meta.dirname, 'programs', 'ear.ts');
const SENDER = join(import.meta.dirname, 'programs', 'relayed-sender.ts');
const DOCTOR = join(ROOT, 'scripts', 'doctor', 'main.ts');
const PORT = 3478;
/** One that only root, or who is allowed to, may listen on. */
const LOW_PORT = 80;
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

  describe('and programs that listen at every address', () => {
    const WARNING = 'the relay also reaches other programs';

    test('are kept apart by the firewall, and the media is reached', async () => {
      await using lab = new Lab();
      const { server, heard } = await machines(lab);
      const { output } = await LabServer.start(lab, server, { ...SETTINGS, TURN_PORT: String(LOW_PORT) });
      expect(await heard(LOW_PORT)).toEqual(['media']);
      expect(output).not.toContain(WARNING);
      expect(await doctor(server)).toContain('ok    relay: reaches nothing but the media');
      const status = await server.run(
        'sh',
        '-c',
        'cat /proc/$(pgrep --ns $$ --nslist net -x turnserver)/status',
      );
      expect(status).toMatch(/^Uid:\s+(18790\d{5})\s+\1\s+\1\s+\1$/m);
      expect(status).toMatch(/^CapEff:\s+0+400$/m);
    });

    test('are reached without nftables, which the start and the doctor say, with their names', async () => {
      await using lab = new Lab();
      const { server, heard } = await machines(lab);
      const PATH = await pathWith(lab, 'ip', 'turnserver', 'setpriv');
      const { output } = await LabServer.start(lab, server, { ...SETTINGS, PATH });
      expect(await heard(PORT)).toEqual(['other', 'media']);
      expect(output).toContain(WARNING);
      expect(await doctor(server)).toMatch(/look {2}relay: also reaches programs .*: node \(UDP 5353\)/);
    });

    /** A server where one program listens at every address, and one where only the media does, and a client. */
    async function machines(lab: Lab) {
      const client = await lab.namespace('client');
      const server = await lab.namespace('server');
      const { far } = await lab.link(client, server);
      const [other, media] = [5353, 5354];
      const ear = server.start(process.execPath, [EAR, `::/${other}`, `${RELAYED_MEDIA_ADDRESS}/${media}`]);
      await ear.readUntil('ready');
      const heard = async (port: number): Promise<string[]> => {
        const { username, credential } = made();
        const to = [`${other}/other`, `${media}/media`];
        await client.run(process.execPath, SENDER, far, String(port), username, credential, ...to);
        const lines: string[] = [];
        for (let line = ''; line !== 'media'; lines.push(line)) line = await ear.readLine();
        return lines;
      };
      return { server, heard };
    }
  });
});

function doctor(server: Namespace): Promise<string> {
  return server.run('sh', '-c', `TURN=on ${process.execPath} ${DOCTOR} || true`);
}

/** A PATH that has these programs and no others. */
async function pathWith(lab: Lab, ...programs: string[]): Promise<string> {
  const folder = join(lab.folder, 'bin');
  await mkdir(folder);
  for (const name of programs) await symlink((await findProgram(name)) ?? '', join(folder, name));
  return folder;
}
