import type { Piece } from '../lib/links.ts';
import { reportMistake } from '../lib/mistakes.ts';

type Cut = (text: string) => Piece[];

let cut = $state.raw<Cut | null>(null);
let loading = false;

/**
 * Cuts a text into plain pieces and links. The library for it comes with the first text that may have a
 * link; until it is there, the text is one plain piece, and whoever shows it shows it again.
 */
export function linkPieces(text: string): Piece[] {
  if (cut) return cut(text);
  if (!loading && /[.:@]/.test(text)) {
    loading = true;
    import('../lib/links.ts').then(
      (module) => (cut = module.linkPieces),
      (error: unknown) => {
        loading = false;
        reportMistake(error);
      },
    );
  }
  return [{ text, href: null }];
}
