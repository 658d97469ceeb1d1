import type { Config } from '../../config/load.ts';

/** What one look has shown. */
export interface Finding {
  readonly subject: string;
  /** `doubt`: it works, or may; someone should look. */
  readonly state: 'good' | 'doubt' | 'broken';
  /** A sentence; where not all is good, with the way to mend it. */
  readonly words: string;
}

export type Check = (config: Config) => Promise<Finding[]> | Finding[];

export function good(subject: string, words: string): Finding {
  return { subject, state: 'good', words };
}

export function doubt(subject: string, words: string): Finding {
  return { subject, state: 'doubt', words };
}

export function broken(subject: string, words: string): Finding {
  return { subject, state: 'broken', words };
}
