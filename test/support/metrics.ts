import { raw } from './http.ts';

/** What the server's `/metrics` said at one moment. */
export class Scrape {
  /** By name and labels, as they stand in the text. */
  readonly #samples = new Map<string, number>();
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
    for (const line of text.split('\n')) {
      if (line === '' || line.startsWith('#')) continue;
      const end = line.lastIndexOf(' ');
      this.#samples.set(line.slice(0, end), Number(line.slice(end + 1)));
    }
  }

  static async of(url: string, token: string): Promise<Scrape> {
    const { status, text } = await raw(url, '/metrics', { headers: { authorization: `Bearer ${token}` } });
    if (status !== 200) throw new Error(`/metrics answered ${status}: ${text}`);
    return new Scrape(text);
  }

  /** The sum of what has this name and all of these labels; undefined where there is none. */
  value(name: string, labels: Record<string, string> = {}): number | undefined {
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    const found = [...this.#samples].filter(
      ([key]) => key.replace(/\{.*/, '') === name && wanted.every((pair) => key.includes(pair)),
    );
    return found.length === 0 ? undefined : found.reduce((sum, [, value]) => sum + value, 0);
  }

  /** Every name that a sample has. */
  names(): Set<string> {
    return new Set([...this.#samples.keys()].map((key) => key.replace(/\{.*/, '')));
  }

  /** Every value that the label has. */
  valuesOf(label: string): Set<string> {
    const pattern = new RegExp(`[{,]${label}="([^"]*)"`);
    return new Set([...this.#samples.keys()].flatMap((key) => pattern.exec(key)?.[1] ?? []));
  }
}
