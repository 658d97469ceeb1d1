import { describe, expect, test } from 'vitest';
import { linkPieces } from '../../../client/lib/links.ts';

/** Where the text has one link: what it shows, and where it leads. */
function link(text: string): [string, string | null] | null {
  const links = linkPieces(text).filter(({ href }) => href !== null);
  return links.length === 1 && links[0] ? [links[0].text, links[0].href] : null;
}

test.each([
  ['see http://[2001:db8::1]/x.', 'http://[2001:db8::1]/x'],
  ['http://[::1]:3210', 'http://[::1]:3210'],
  ['(https://[2001:db8::1]:8443/a?b#c)', 'https://[2001:db8::1]:8443/a?b#c'],
  ['http://[2001:db8::1]', 'http://[2001:db8::1]'],
])('%s has a link', (text, shown) => {
  expect(link(text)?.[0]).toBe(shown);
  expect(
    linkPieces(text)
      .map((piece) => piece.text)
      .join(''),
  ).toBe(text);
});

test('links of both kinds stand in their order', () => {
  expect(linkPieces('a.org http://[::1]/ b.org').map(({ text, href }) => [text, href !== null])).toEqual([
    ['a.org', true],
    [' ', false],
    ['http://[::1]/', true],
    [' ', false],
    ['b.org', true],
  ]);
});

test.each(['http://[1::2::3]/', 'http://[xyz]/', 'javascript:alert(1)', 'data:text/html,x', 'ftp://a.org/'])(
  '%s is no link',
  (text) => expect(linkPieces(text).filter(({ href }) => href?.startsWith(text.slice(0, 8)))).toEqual([]),
);

describe('a host', () => {
  test.each([
    'https://example.org/x',
    'example.org',
    'https://müller.de/straße',
    'https://日本語.jp/',
    'https://한국.kr',
    'https://مثال.com/',
    'https://пример.рф/a',
    'https://παράδειγμα.ελ',
    'https://việt.vn/',
  ])('%s is shown as it was written', (text) => expect(link(text)?.[0]).toBe(text));

  test.each([
    // Cyrillic letters among Latin ones.
    ['https://pаypal.com/a', 'https://xn--pypal-4ve.com/a'],
    // All Cyrillic, and looks Latin.
    ['https://аррӏе.com', 'https://xn--80ak6aa92e.com'],
    // A letter of the phonetic alphabet, and the dotless "ı".
    ['https://ɑpple.com', 'https://xn--pple-p5b.com'],
    ['https://gıthub.com', 'https://xn--gthub-n4a.com'],
    ['https://googlẹ.com', 'https://xn--googl-r51b.com'],
    ['https://ｅｘａｍｐｌｅ.org/', 'https://example.org/'],
    ['https://münchen.pаypal.de/', 'https://xn--mnchen-3ya.xn--pypal-4ve.de/'],
  ])('%s is shown as it is asked for', (text, shown) => expect(link(text)?.[0]).toBe(shown));

  test('of a mail address is shown in the same way', () => {
    expect(link('ben@example.org')).toEqual(['ben@example.org', 'mailto:ben@example.org']);
    expect(link('mailto:ben@example.org')?.[0]).toBe('mailto:ben@example.org');
  });
});

test.each([
  ['https://bank.example@evil.example/login', 'https://evil.example/login'],
  ['https://user:pass@evil.example/', 'https://evil.example/'],
  ['https://bank.example:443@evil.example:8443/a', 'https://evil.example:8443/a'],
])('the user in %s is neither shown nor sent', (text, to) => expect(link(text)).toEqual([to, to]));

test.each(['\u202e', '\u2066', '\u200f', '\u200b', '\u00ad'])('%j in a link is not shown', (hidden) => {
  const shown = linkPieces(`https://example.org/a${hidden}gpj.exe`).find(({ href }) => href !== null)?.text;
  expect(shown).toMatch(/^https:\/\/example\.org\/a/);
  expect(shown).not.toContain(hidden);
});
