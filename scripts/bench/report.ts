import { cpus, release, totalmem } from 'node:os';

/** One row of the result: what was measured, and its numbers by column. */
export interface Figure {
  readonly what: string;
  /** Of every column but `n`, which counts samples. */
  readonly unit: string;
  readonly values: Readonly<Record<string, number>>;
  /** What is hoped for, in words; a benchmark judges nothing. */
  readonly aim?: string;
}

/** What one part of the benchmark found. */
export interface Section {
  readonly title: string;
  readonly figures: readonly Figure[];
  /** What must be known to read the figures rightly. */
  readonly notes: readonly string[];
  /** Which share of the processors idled right before: another's work makes all figures worse. */
  readonly idleBefore?: number;
}

export interface Report {
  readonly date: string;
  readonly machine: string;
  readonly command: string;
  readonly sections: readonly Section[];
}

export function describeMachine(): string {
  const cores = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cores.length} cores ${cores[0]?.model ?? ''}, ${memory} GiB, Linux ${release()}, Node ${process.version}`;
}

/** A section as people read it: one line a figure, its columns aligned. */
export function renderSection({ title, figures, notes, idleBefore }: Section): string {
  const width = Math.max(...figures.map(({ what }) => what.length));
  const lines = figures.map(({ what, unit, values, aim }) => {
    const columns = Object.entries(values).map(([name, value]) =>
      name === 'n' ? `(n ${value})` : `${name} ${round(value)}`,
    );
    const hope = aim === undefined ? '' : `   [aim: ${aim}]`;
    return `  ${what.padEnd(width)}  ${columns.join('  ')} ${unit}${hope}`;
  });
  const quiet = idleBefore === undefined ? '' : ` (machine ${Math.round(idleBefore * 100)} % idle before)`;
  return [title + quiet, ...lines, ...notes.map((note) => `  * ${note}`), ''].join('\n');
}

/** Three digits that count, as more would only be noise. */
function round(value: number): string {
  if (!Number.isFinite(value)) return '-';
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
