import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureClientBuild } from '../../scripts/client-build.ts';
import { TestAccount } from '../support/account.ts';
import { launchChromium } from '../support/browser.ts';
import { temporaryFolder } from '../support/folder.ts';
import { Person } from '../support/person.ts';
import { startServer } from '../support/server.ts';

/**
 * Takes the pictures of the README: `node test/e2e/screenshots.ts`. Who is seen in them is drawn, and played as
 * the picture of the camera.
 */
const IMAGES = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const SIZE = { width: 1280, height: 800 };

interface Look {
  readonly wall: string;
  readonly skin: string;
  readonly hair: string;
  readonly shirt: string;
  readonly long: boolean;
}

const ANN: Look = { wall: '#f2d8b3', skin: '#f0c3a0', hair: '#6b3e26', shirt: '#0a7467', long: true };
const BEN: Look = { wall: '#bcd4de', skin: '#c58c62', hair: '#231c19', shirt: '#c8553d', long: false };

/** Someone at a desk, with a window behind. */
function drawing({ wall, skin, hair, shirt, long }: Look): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1280 720" width="1280" height="720">
    <rect width="1280" height="720" fill="${wall}"/>
    <rect x="120" y="90" width="280" height="330" rx="12" fill="#fff"/>
    <rect x="136" y="106" width="248" height="298" fill="#d9eef7"/>
    <circle cx="320" cy="170" r="34" fill="#fbe08a"/>
    <path d="M136 350q70-60 130-10t118-20v84H136z" fill="#8fbf8a"/>
    <path d="M260 106v298M136 255h248" stroke="#fff" stroke-width="12"/>
    <rect x="930" y="150" width="250" height="16" rx="6" fill="#8a6142"/>
    <path d="M950 80h26v70h-26z" fill="#b3413a"/><path d="M980 66h22v84h-22z" fill="#33658a"/>
    <path d="M1006 90h30v60h-30z" fill="#e5b25d"/><path d="M1110 110h46l-8 40h-30z" fill="#b5724a"/>
    <path d="M1133 112q-34-50-6-66 26 12 6 66zm0 0q40-40 36-62-34 2-36 62z" fill="#4d8b57"/>
    ${long ? `<path d="M470 560q-20-380 170-380t170 380z" fill="${hair}"/>` : ''}
    <path d="M360 720q10-190 200-205h160q190 15 200 205z" fill="${shirt}"/>
    <path d="M580 440h120v80q-60 70-120 0z" fill="${skin}" style="filter:brightness(.92)"/>
    <ellipse cx="640" cy="335" rx="122" ry="150" fill="${skin}"/>
    <path d="M512 330q-10-170 128-172t128 172q-14-96-84-108-110 34-172 108z" fill="${hair}"/>
    <circle cx="592" cy="345" r="11" fill="#2b2320"/><circle cx="688" cy="345" r="11" fill="#2b2320"/>
    <path d="M570 312q22-14 44 0M666 312q22-14 44 0" fill="none" stroke="${hair}" stroke-width="8" stroke-linecap="round"/>
    <path d="M590 410q50 48 100 0z" fill="#fff"/>
    <path d="M590 410q50 48 100 0" fill="none" stroke="#9c4a3c" stroke-width="7" stroke-linecap="round"/>
  </svg>`;
}

await ensureClientBuild(console.log);
await mkdir(IMAGES, { recursive: true });
await using folder = await temporaryFolder();
await using server = await startServer();

const painter = await launchChromium();
const [annsBrowser, bensBrowser] = await Promise.all([browserOf('ann', ANN), browserOf('ben', BEN)]);
try {
  // Others are there, too, some of them now.
  for (const name of ['mia', 'noor', 'tom']) {
    const account = await TestAccount.signUp(server.url, name);
    if (name !== 'tom') await account.connect();
  }
  const ann = await enter('ann', annsBrowser);
  const ben = await enter('ben', bensBrowser);
  await ann.openConversation('ben');
  await ben.openConversation('ann');
  await talkOver(ann, ben);
  await take(ann, 'chat');

  await ann.call('video');
  await ben.rings();
  await take(ben, 'ringing');

  await ben.answer();
  await Promise.all([ann.seesFrames(90), ben.seesFrames(90)]);
  // The bar comes back for whoever moves.
  await ben.page.mouse.move(400, 300);
  await ben.page.mouse.move(640, 500);
  await take(ben, 'call');
} finally {
  await Promise.all([painter, annsBrowser, bensBrowser].map((browser) => browser.close()));
}

/** A browser with this drawing before its camera. */
async function browserOf(name: string, look: Look) {
  const page = await painter.newPage();
  await page.setViewport({ width: 1280, height: 720 });
  await page.setContent(`<style>body{margin:0}svg{display:block}</style>${drawing(look)}`);
  const frame = await page.screenshot({ type: 'jpeg', quality: 92 });
  const file = join(folder.path, `${name}.mjpeg`);
  await writeFile(file, Buffer.concat([frame, frame]));
  return launchChromium({ args: [`--use-file-for-fake-video-capture=${file}`] });
}

async function enter(name: string, browser: Parameters<typeof Person.at>[0]): Promise<Person> {
  const person = await Person.at(browser, server.url, name);
  await person.page.setViewport(SIZE);
  await person.signUp();
  return person;
}

async function talkOver(ann: Person, ben: Person): Promise<void> {
  const lines: [Person, Person, string][] = [
    [ben, ann, 'Good morning! The seedlings came up overnight.'],
    [ann, ben, 'All of them?'],
    [ben, ann, 'Eleven of twelve. The last one takes its time.'],
    [ann, ben, 'I want to see that! Do you have a minute?'],
    [ben, ann, 'Sure. I will take you to the window sill.'],
    [ann, ben, 'Calling you now.'],
  ];
  for (const [from, to, text] of lines) {
    await from.write(text);
    await to.reads(text);
  }
}

async function take({ page }: Person, name: string): Promise<void> {
  await page.screenshot({ path: join(IMAGES, `${name}.png`), type: 'png' });
  console.log(`docs/images/${name}.png`);
}
