import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../support/paths.ts';
import { run } from '../support/run.ts';
import { type Say, SetupError } from '../support/setup-error.ts';
import type { Buildah } from './buildah.ts';

const RELEASE = 'bookworm';
/** As Docker's own image has them: without the last two the programs of the image would lack security updates. */
const SOURCES = [
  `deb http://deb.debian.org/debian ${RELEASE} main`,
  `deb http://deb.debian.org/debian ${RELEASE}-updates main`,
  `deb http://deb.debian.org/debian-security ${RELEASE}-security main`,
];
/** What "slim" leaves out, and what debootstrap leaves behind; licences stay. */
const LEFT_OUT = [
  'usr/share/man',
  'usr/share/locale',
  'usr/share/info',
  'var/cache/apt',
  'var/lib/apt/lists',
  'var/log',
];

const DEBIAN = `docker.io/library/debian:${RELEASE}-slim`;
const NODE = `docker.io/library/node:24-${RELEASE}-slim`;

/**
 * The images that docker/Dockerfile builds on: from the public registry, or, where that is out of reach, the same made
 * here under the same names: Debian by debootstrap, Node and npm by npm.
 */
export async function ensureBases(buildah: Buildah, say: Say): Promise<void> {
  for (const [image, make] of [
    [DEBIAN, makeDebian],
    [NODE, makeNode],
  ] as const) {
    if (await buildah.has(image)) continue;
    say(`Getting ${image} ...`);
    const pulled = await buildah.do('pull', '--quiet', image).then(
      () => true,
      () => false,
    );
    if (pulled) continue;
    say(`The registry is out of reach: making ${image} here ...`);
    await buildah.scratch((folder) => make(buildah, folder));
  }
}

async function makeDebian(buildah: Buildah, folder: string): Promise<void> {
  const root = join(folder, 'root');
  await step('debootstrap', ['--variant=minbase', RELEASE, root]);
  await writeFile(join(root, 'etc', 'apt', 'sources.list'), `${SOURCES.join('\n')}\n`);
  // The folders stay: apt wants to find some of them.
  await step('find', [...LEFT_OUT.map((path) => join(root, path)), '!', '-type', 'd', '-delete']);
  await step('find', [join(root, 'usr/share/doc'), '-type', 'f', '!', '-name', 'copyright', '-delete']);
  await commit(buildah, 'scratch', root, DEBIAN);
}

/** Node is the one of scripts/node, which a lockfile pins. */
async function makeNode(buildah: Buildah, folder: string): Promise<void> {
  const packages = join(folder, 'packages');
  await mkdir(packages);
  for (const name of ['package.json', 'package-lock.json']) {
    await cp(join(ROOT, 'scripts', 'node', name), join(packages, name));
  }
  await step('npm', ['ci', '--ignore-scripts', '--prefix', packages]);
  const local = join(folder, 'root', 'usr', 'local');
  await step('npm', ['install', '--global', '--ignore-scripts', '--prefix', local, 'npm@11']);
  const node = join(packages, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  await cp(node, join(local, 'bin', 'node'));
  await commit(buildah, DEBIAN, join(folder, 'root'), NODE);
}

/** Makes an image of a base and the files of a folder. */
async function commit(buildah: Buildah, base: string, folder: string, image: string): Promise<void> {
  const container = await buildah.do('from', '--pull-never', base);
  try {
    await buildah.do('add', '--quiet', container, folder, '/');
    await buildah.do('commit', '--quiet', '--format', 'docker', container, image);
  } finally {
    await buildah.do('rm', container);
  }
}

async function step(program: string, args: readonly string[]): Promise<void> {
  const { code, output } = await run(program, args);
  if (code === 0) return;
  throw new SetupError(`${program} failed (${output.split('\n').at(-1) ?? ''}): mend that, then try again.`);
}
