import type { Page } from 'puppeteer-core';
import { expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { describeNginx, locationFor, startNginx } from '../support/nginx.ts';
import { darkAndSilent, talk } from './call.ts';
import { type Seat, useStage } from './stage.ts';

const stage = useStage();

const ANY_CERTIFICATE: Seat = { args: ['--ignore-certificate-errors'] };

/** Notes every address that a page asks for from now on, by HTTP and WebSocket. */
async function watchAddresses(page: Page): Promise<URL[]> {
  const addresses: URL[] = [];
  page.on('request', (request) => addresses.push(new URL(request.url())));
  const cdp = await page.createCDPSession();
  cdp.on('Network.webSocketCreated', ({ url }) => addresses.push(new URL(url)));
  await cdp.send('Network.enable');
  return addresses;
}

describeNginx('behind nginx, below a path', () => {
  test('people are invited, chat and call, and a ChatAway at another path of the host is another one', async () => {
    const [PORT, innerPort] = [String(await freePort()), String(await freePort())];
    await using nginx = await startNginx({
      tls: true,
      locations: [
        locationFor('/chat/', `http://127.0.0.1:${PORT}`),
        // Browsers send the cookies of the first one here, too.
        locationFor('/chat/team/', `http://127.0.0.1:${innerPort}/`),
      ],
    });
    const url = `${nginx.url}/chat`;
    const innerUrl = `${nginx.url}/chat/team/`;
    await stage.serve({ PORT, PUBLIC_URL: url });
    await stage.serve({ PORT: innerPort, PUBLIC_URL: innerUrl });

    // Without the slash at the end, which the proxy adds.
    const ann = await stage.visitor({ url }, 'ann', ANY_CERTIFICATE);
    const asked = await watchAddresses(ann.page);
    await ann.signUp();
    const link = await ann.invite();
    expect(link).toMatch(new RegExp(`^${url}/#/sign-up/.`));
    const ben = await stage.visitor({ url: link }, 'ben', ANY_CERTIFICATE);
    await ben.signUp();
    expect(ben.page.url()).toBe(`${url}/#/`);

    await ann.seesPresence('ben', 'online');
    await Promise.all([ann.openConversation('ben'), ben.openConversation('ann')]);
    await ann.write('Below a path');
    await ben.reads('Below a path');
    await talk(ann, ben, 'video');
    await ann.reload();
    await ann.inCall();
    await Promise.all([ann.seesFrames(10), ben.seesFrames(10)]);
    await ann.end();
    await ben.callEnded();
    await Promise.all([darkAndSilent(ann), darkAndSilent(ben)]);
    const elsewhere = asked.filter(
      ({ host, pathname }) => host !== new URL(url).host || !pathname.startsWith('/chat/'),
    );
    expect(elsewhere.map(String)).toEqual([]);
    expect(asked.map(({ protocol }) => protocol)).toContain('wss:');

    await ann.open(innerUrl);
    await ann.screen.find('button', 'Sign in');
    await ann.signUp({ password: 'another quiet harbour' });
    await ann.open(url);
    await ann.signedIn();
    await ann.seesPresence('ben', 'online');
    await ann.signOut();
    await ann.open(innerUrl);
    await ann.signedIn();
    expect(await ann.presenceOf('ben')).toBeUndefined();

    // Files that do not arrive, as where the path is missing in PUBLIC_URL.
    await ann.page.setCacheEnabled(false);
    await ann.page.setRequestInterception(true);
    ann.page.on('request', (request) => {
      void (request.url().includes('/assets/') ? request.abort() : request.continue());
    });
    await ann.reload();
    await ann.screen.sees('ChatAway has not loaded yet.');
  });
});
