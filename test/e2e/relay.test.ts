import { expect } from 'vitest';
import { makeCertificate } from '../support/certificate.ts';
import type { Person } from '../support/person.ts';
import { freePort } from '../support/free-port.ts';
import { testTurn } from '../support/turn-stage.ts';
import { until } from '../support/until.ts';
import { darkAndSilent, talk } from './call.ts';
import { useStage, type Seat } from './stage.ts';

const stage = useStage();
const ANY_CERTIFICATE: Seat = { args: ['--ignore-certificate-errors'] };

testTurn.each(['turn:udp', 'turn:tcp', 'turns:tcp'])(
  'a call goes through the relay alone, by %s',
  async (way) => {
    const { certFile, keyFile } = makeCertificate(await stage.folder());
    const server = await stage.serve({
      TURN: 'on',
      TURN_PORT: String(await freePort()),
      TLS_CERT: certFile,
      TLS_KEY: keyFile,
    });
    const [ann, ben] = await Promise.all(
      ['ann', 'ben'].map(async (name) => {
        const person = await stage.visitor(server, name, ANY_CERTIFICATE);
        await throughTheRelay(person, way);
        await person.signUp();
        return person;
      }),
    );
    if (!ann || !ben) throw new Error('nobody came');
    await ann.openConversation('ben');
    await talk(ann, ben, 'video');
    await Promise.all([ann.hearsSound(), ben.hearsSound()]);
    for (const person of [ann, ben]) expect((await person.media()).relays).toEqual([way]);
    await ann.end();
    await ben.callEnded();
    await Promise.all([darkAndSilent(ann), darkAndSilent(ben)]);
  },
);

testTurn('a long call gets new credentials for the relay before the old ones are over', async () => {
  const server = await stage.serve({ TURN: 'on', TURN_PORT: String(await freePort()) }, { relayLifetime: 4 });
  const [ann, ben] = await stage.pair(server);
  await Promise.all([throughTheRelay(ann, 'turn:udp'), throughTheRelay(ben, 'turn:udp')]);
  await talk(ann, ben, 'voice');
  const connections = () => ann.page.evaluate(() => (window as RelayedWindow).relayConnections);
  const made = await connections();
  const users = () => ann.page.evaluate(() => (window as RelayedWindow).relayUsers ?? []);
  await until('new credentials, and new ones again', async () => new Set(await users()).size >= 2);
  await Promise.all([ann.hearsSound(), ben.hearsSound()]);
  // It is the same connection all the time.
  expect(await connections()).toBe(made);
  expect((await ann.media()).relays).toEqual(['turn:udp']);
});

interface RelayedWindow extends Window {
  /** The names of the credentials that the page's connections were given later. */
  relayUsers?: string[];
  /** How many connections the page has made. */
  relayConnections?: number;
}

/** From now on this page's media takes the relay, and of its addresses only the one of this scheme and transport. */
async function throughTheRelay(person: Person, way: string): Promise<void> {
  await person.page.evaluateOnNewDocument((wanted) => {
    const made = window as RelayedWindow;
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration: RTCConfiguration = {}) {
        const iceServers = configuration.iceServers?.map((server) => ({
          ...server,
          urls: [server.urls].flat().filter((url) => {
            const [scheme, transport] = wanted.split(':');
            return url.startsWith(`${scheme}:`) && url.endsWith(`transport=${transport}`);
          }),
        }));
        super({ ...configuration, ...(iceServers && { iceServers }), iceTransportPolicy: 'relay' });
        made.relayConnections = (made.relayConnections ?? 0) + 1;
      }

      override setConfiguration(configuration: RTCConfiguration) {
        super.setConfiguration(configuration);
        const users = configuration.iceServers?.flatMap(({ username }) => username ?? []) ?? [];
        made.relayUsers = [...(made.relayUsers ?? []), ...users];
      }
    };
  }, way);
  await person.reload();
}
