import bcd from '@mdn/browser-compat-data' with { type: 'json' };
import type { CompatStatement, Identifier } from '@mdn/browser-compat-data';

/** The oldest browsers that the client is built for: `target` in client/vite.config.ts, `browserslist` in package.json. */
const OLDEST = { chrome: 110, edge: 110, firefox: 120, safari: 16.4 } as const;

/** Something that one of the oldest browsers lacks: a member of an interface, or, with a null member, a whole interface. */
export interface Newer {
  readonly owner: string;
  readonly member: string | null;
  /** It is the interface's own, and what its objects have under the same name stays. */
  readonly isStatic: boolean;
}

/** All that MDN's data know of Web APIs and JavaScript's own objects, and that at least one of the oldest browsers lacks. */
export function newerThanOldest(): Newer[] {
  const found: Newer[] = [];
  for (const [owner, node] of [...namesOf(bcd.api), ...namesOf(bcd.javascript['builtins'] ?? {})]) {
    if (node.__compat && !isInAll(node.__compat)) found.push({ owner, member: null, isStatic: false });
    for (const [name, child] of namesOf(node)) {
      if (!child.__compat || isInAll(child.__compat) || name === owner || !/^\w+$/.test(name)) continue;
      const member = name.replace(/_static$/, '');
      found.push({ owner, member, isStatic: member !== name });
    }
  }
  return found.filter((one) => !isTrustedTypes(one));
}

const namesOf = (node: Identifier): [string, Identifier][] =>
  Object.entries(node).filter(([name]) => name !== '__compat') as [string, Identifier][];

function isInAll({ support }: CompatStatement): boolean {
  return Object.entries(OLDEST).every(([browser, oldest]) =>
    [support[browser as keyof typeof OLDEST]].flat().some((one) => {
      const version = one?.version_added;
      return (
        typeof version === 'string' &&
        Number.parseFloat(version.replace('≤', '')) <= oldest &&
        !one?.version_removed &&
        !one?.flags &&
        !one?.prefix &&
        !one?.alternative_name
      );
    }),
  );
}

/** Chromium enforces Trusted Types by a header; only one without them does not need their API. */
const isTrustedTypes = ({ owner }: Newer): boolean => /^trusted/i.test(owner);

/** Runs in a page before its scripts: takes away all of this, so that the page has what all of the oldest browsers have. */
export function takeAway(newer: readonly Newer[]): void {
  for (const { owner, member, isStatic } of newer) {
    if (member === null) {
      Reflect.deleteProperty(globalThis, owner);
      continue;
    }
    const holder: unknown = Reflect.get(globalThis, owner);
    if (holder === undefined || holder === null) continue;
    Reflect.deleteProperty(holder, member);
    // Of JavaScript's own objects the data does not say which are static.
    const prototype: unknown = isStatic ? undefined : Reflect.get(holder, 'prototype');
    if (prototype) Reflect.deleteProperty(prototype, member);
  }
}
