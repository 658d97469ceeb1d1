// Makes the data files in server/accounts/unicode/ from ICU's source package, which carries the files of Unicode's
// security mechanisms (UTS 39). Run it again for a newer Unicode, and add a migration that fills username_skeletons anew:
//
//   apt-get source --download-only icu     (Debian 13 has ICU 76, with Unicode 16.0)
//   tar xzf icu_*.orig.tar.gz icu/source/data/unidata
//   sh scripts/with-node.sh scripts/unicode-data.ts icu/source/data/unidata
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './support/paths.ts';

const source = process.argv[2];
if (source === undefined) throw new Error('Name the folder of confusables.txt and ppucd.txt.');
const into = join(ROOT, 'server', 'accounts', 'unicode');

const LICENCE = [
  '# Unicode, Inc.: https://www.unicode.org/license.txt (Unicode License V3).',
  '# Made by scripts/unicode-data.ts; do not edit.',
];
const hex = (code: number) => code.toString(16).toUpperCase();
const lines = async (name: string) => (await readFile(join(source, name), 'utf8')).split(/\r?\n/);

/** Lines "05AD ; 0596 ; MA # comment" become "5AD 596". */
async function confusables(): Promise<string[]> {
  const found: string[] = [];
  let version = '';
  for (const line of await lines('confusables.txt')) {
    version = /^# Version: (\S+)/.exec(line)?.[1] ?? version;
    const [from, to] = (line.split('#')[0] ?? '').split(';');
    if (from === undefined || to === undefined) continue;
    const codes = [from, ...to.trim().split(/\s+/)].map((code) => hex(Number.parseInt(code, 16)));
    found.push(codes.join(' '));
  }
  return [
    `# Unicode ${version}, confusables.txt: a character, and the characters of its prototype.`,
    ...LICENCE,
    ...found,
  ];
}

/**
 * Lines "kind;0030..0039;name=value;..." (https://icu.unicode.org/design/props/ppucd): a block's values hold for its
 * characters unless a later line for one of them has another.
 */
async function allowed(): Promise<string[]> {
  const is = new Uint8Array(0x110000);
  let version = '';
  for (const line of await lines('ppucd.txt')) {
    const [kind, range, ...values] = line.split(';');
    if (kind === 'ucd') version = range ?? '';
    if (range === undefined || !['block', 'unassigned', 'cp'].includes(kind ?? '')) continue;
    const [first = 0, last = first] = range.split('..').map((code) => Number.parseInt(code, 16));
    const status = values.find((value) => value.startsWith('ID_Status='))?.slice('ID_Status='.length);
    if (status !== undefined) is.fill(status === 'Allowed' ? 1 : 0, first, last + 1);
    else if (kind !== 'cp') is.fill(0, first, last + 1);
  }
  const ranges: string[] = [];
  for (let first = is.indexOf(1); first !== -1;) {
    const end = is.indexOf(0, first);
    ranges.push(`${hex(first)} ${hex(end - 1)}`);
    first = is.indexOf(1, end);
  }
  return [
    `# Unicode ${version}, IdentifierStatus.txt: ranges of characters with Identifier_Status=Allowed.`,
    ...LICENCE,
    ...ranges,
  ];
}

await writeFile(join(into, 'confusables.txt'), `${(await confusables()).join('\n')}\n`);
await writeFile(join(into, 'allowed.txt'), `${(await allowed()).join('\n')}\n`);
