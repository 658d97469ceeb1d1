import { find } from 'linkifyjs';
import { hostOf, shownHost } from './hosts.ts';
import { parseUrl } from './parse-url.ts';

/** A piece of a message: plain text, or text that leads to an address. */
export interface Piece {
  text: string;
  href: string | null;
}

/** Addresses with an IPv6 literal, which the library does not find. */
const WITH_IPV6 = /\b(https?:\/\/\[[0-9a-f:.]+\](?::\d+)?)([/?#][^\s<>"]*)?/giu;
const SENTENCE_END = /[.,;:!?'")\]]+$/u;
/** Characters that show nothing, or turn the order of those behind them. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
/** Scheme, authority and the rest of a web address, as a URL parser cuts it. */
const PARTS = /^(https?:[/\\]*)?([^/\\?#]*)(.*)$/isu;

interface Found {
  start: number;
  end: number;
  href: string;
}

/** Cuts a text into plain pieces and links. Only web and mail addresses become links. */
export function linkPieces(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const { start, end, href } of linksIn(text)) {
    const link = linkOf(text.slice(start, end), href);
    if (link === null) continue;
    if (start > from) pieces.push({ text: text.slice(from, start), href: null });
    pieces.push(link);
    from = end;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), href: null });
  return pieces;
}

/** All links, in their order. */
function linksIn(text: string): Found[] {
  const found: Found[] = [];
  let from = 0;
  const search = (to: number) => {
    for (const { start, end, href } of find(text.slice(from, to), { defaultProtocol: 'https' })) {
      found.push({ start: from + start, end: from + end, href });
    }
  };
  for (const { index, 1: origin = '', 2: rest = '' } of text.matchAll(WITH_IPV6)) {
    const href = origin + rest.replace(SENTENCE_END, '');
    if (!parseUrl(href)) continue;
    search(index);
    found.push({ start: index, end: index + href.length, href });
    from = index + href.length;
  }
  search(text.length);
  return found;
}

/** The link as it is shown and followed; null where it is none for the web or for mail. */
function linkOf(written: string, href: string): Piece | null {
  const url = parseUrl(href);
  if (!url) return null;
  if (url.protocol === 'mailto:') return mailLink(written.replace(UNSEEN, ''), href);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
  // "https://bank.example@evil.example" leads to evil.example, under a name of its sender's choice.
  url.username = '';
  url.password = '';
  const [, scheme = '', authority = '', rest = ''] = PARTS.exec(written.replace(UNSEEN, '')) ?? [];
  const host = authority.slice(authority.lastIndexOf('@') + 1).replace(/:\d*$/, '');
  const port = url.port && `:${url.port}`;
  return { text: `${scheme}${shownHost(host, url.hostname)}${port}${rest}`, href: url.href };
}

function mailLink(written: string, href: string): Piece {
  const at = written.lastIndexOf('@');
  const host = written.slice(at + 1);
  const asked = hostOf(host);
  return {
    text: asked === undefined ? written : `${written.slice(0, at + 1)}${shownHost(host, asked)}`,
    href,
  };
}
