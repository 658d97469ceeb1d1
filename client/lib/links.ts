import { find } from 'linkifyjs';

/** A piece of a message: plain text, or text that leads to an address. */
export interface Piece {
  text: string;
  href: string | null;
}

const SAFE = /^(https?:|mailto:)/i;

/** Cuts a text into plain pieces and links. Only web and mail addresses become links. */
export function linkPieces(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const { start, end, href, value } of find(text, { defaultProtocol: 'https' })) {
    if (!SAFE.test(href)) continue;
    if (start > from) pieces.push({ text: text.slice(from, start), href: null });
    pieces.push({ text: value, href });
    from = end;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), href: null });
  return pieces;
}
