import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { adminMethods } from '#protocol/admin';
import { ERROR_STATUS } from '#protocol/errors';
import { notices, requests } from '#protocol/methods';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { schema } from '../../../config/schema.ts';
import { COMMANDS } from '../../../scripts/admin/commands.ts';
import { ROOT } from '../../../scripts/support/paths.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = '']) => found);
const section = (text: string, heading: string) =>
  text.split(/^#+ /m).find((one) => one.startsWith(heading)) ?? '';

const README = read('README.md');
const DOCUMENTS = globSync('**/*.md', { cwd: ROOT, exclude: ['**/node_modules', 'dist'] });

test('the settings in README and in the example are those that there are', () => {
  const rows = section(README, 'Settings').match(/^\| `[^|]+/gm) ?? [];
  const settings = Object.keys(schema.shape).sort();
  expect(rows.flatMap((row) => matches(row, /`(\w+)`/g)).sort()).toEqual(settings);
  const example = matches(read('config/example.env'), /^# ([A-Z_]+)=/gm).map((name) =>
    name.replace(/_FILE$/, ''),
  );
  expect(example.sort()).toEqual(settings);
});

test('the protocol’s page names every method, notice and error', () => {
  const page = read('server/protocol/PROTOCOL.md');
  const named = new Set(matches(page, /`(\w+)/g));
  const all = [requests, notices, adminMethods, ERROR_STATUS].flatMap((table) => Object.keys(table));
  expect(all.filter((name) => !named.has(name))).toEqual([]);
});

test('every command that the documents name is there', () => {
  const { scripts } = z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(read('package.json')));
  const texts = DOCUMENTS.map(read).join('\n');
  const run = matches(texts, /npm run (?:--silent )?([a-z:]+)/g);
  expect(run.length).toBeGreaterThan(20);
  expect(run.filter((name) => !(name in scripts))).toEqual([]);
  const admin = matches(texts, /(?:npm run admin --|chataway admin) ([a-z-]+)/g);
  expect(admin.length).toBeGreaterThan(10);
  expect(admin.filter((name) => !(name in COMMANDS))).toEqual([]);
});

test('every file that the documents name is there', () => {
  const missing = DOCUMENTS.flatMap((document) =>
    matches(read(document), /(?:`|\]\()([\w./-]+\.(?:ts|md|json|yaml|patch))[`)]/g)
      .filter((path) => path.includes('/'))
      .filter(
        (path) => ![ROOT, join(ROOT, dirname(document))].some((folder) => existsSync(join(folder, path))),
      )
      .map((path) => `${document}: ${path}`),
  );
  expect(missing).toEqual([]);
});

describe('the architecture page', () => {
  const page = read('docs/architecture.md');

  test.each([
    ['Sign-in', Infinity],
    ['A message', 10],
    ['`accept`', 12],
    ['`join`', 10],
  ])('walks through %s in at most %d files, each of them there', (walk, most) => {
    const steps = matches(section(page, walk), /^\d+\. `(server\/[\w/-]+\.ts)`/gm);
    expect(steps.length).toBeGreaterThan(6);
    expect(new Set(steps).size).toBe(steps.length);
    expect(steps.length).toBeLessThanOrEqual(most);
    expect(steps.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  test('names every folder of the server and its arrows as lint has them', () => {
    const folders = readdirSync(join(ROOT, 'server'), { withFileTypes: true }).filter((one) =>
      one.isDirectory(),
    );
    const tree = section(page, 'The picture');
    expect(folders.map(({ name }) => name).filter((name) => !tree.includes(` ${name}/`))).toEqual([]);
    const arrows = section(page, 'The arrows').split('.')[0] ?? '';
    const lint = read('eslint.config.js');
    const listed = (name: string) =>
      matches(new RegExp(`const ${name} = \\[([^\\]]+)`).exec(lint)?.[1] ?? '', /'(\w+)'/g);
    expect(
      matches(arrows, /(\w+)(?=[,`])/g)
        .filter((name) => !['protocol', 'ts'].includes(name))
        .sort(),
    ).toEqual([...listed('DOMAIN'), ...listed('EDGES')].sort());
  });
});
