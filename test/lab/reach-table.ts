import { median, quantile } from '../../scripts/bench/statistics.ts';

/** What became of the calls in one network. */
export interface ReachRow {
  readonly name: string;
  /** How many were tried so far. */
  calls: number;
  /** Of those that connected: from the click on "Answer" until both saw one another. */
  readonly setUpMs: number[];
  readonly ways: Set<string>;
  /** What went wrong, in words. */
  readonly failures: string[];
}

/** The rows as a table in Markdown, which reads well in a terminal, too. */
export function reachTable(rows: readonly ReachRow[]): string {
  const lines = [
    ['Network', 'Calls', 'Connected', 'Median', 'p95', 'Media goes by'],
    ...rows.map(({ name, calls, setUpMs, ways }) => [
      name,
      String(calls),
      String(setUpMs.length),
      seconds(median(setUpMs)),
      seconds(quantile(setUpMs, 0.95)),
      [...ways].join(', '),
    ]),
  ];
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((cells) => cells[column]?.length ?? 0)),
  );
  const [head = '', ...body] = lines.map(
    (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  );
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [head, rule, ...body].join('\n');
}

function seconds(ms: number): string {
  return Number.isFinite(ms) ? `${(ms / 1_000).toFixed(2)} s` : '';
}
