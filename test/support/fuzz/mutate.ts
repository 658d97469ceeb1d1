import type { Random } from './random.ts';

/** An object with a key that `{}` cannot have by assignment; JSON can. */
const withKey = (key: string, value: unknown): object =>
  JSON.parse(`{${JSON.stringify(key)}:${JSON.stringify(value)}}`) as object;

function nested(depth: number, random: Random): unknown {
  let value: unknown = random.chance(0.5) ? [] : {};
  for (let level = 0; level < depth; level++) value = random.chance(0.5) ? [value] : { a: value };
  return value;
}

/** What no schema asks for. */
function hostile(random: Random): unknown {
  return random.pick<() => unknown>([
    () => null,
    () => true,
    () => random.pick([-1, 0, 1, -0.5, 1.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308, 5e-324]),
    () =>
      random.pick(['', ' ', '0', 'null', 'true', '[object Object]', '__proto__', 'constructor', 'toString']),
    () => random.pick(['\u0000', '\ud800', '\udfff', '\u202e', '\ufffe', '\u2028', '\r\n', '\u001b[2J']),
    () =>
      random.pick([
        "' or 1=1; --",
        '<script>alert(1)</script>',
        '../../../../etc/passwd',
        '%00',
        '${7*7}',
        '$where',
      ]),
    () => 'x'.repeat(random.pick([63, 64, 65, 255, 256, 257, 1024, 4001, 8001])),
    () => random.text(random.int(1, 60)),
    () => random.uuid(),
    () => [],
    () => ({}),
    () => [null, [], {}],
    () => Array<number>(random.int(17, 400)).fill(7),
    () => ({ length: -1, then: 1, toString: 2, valueOf: null, toJSON: 3, hasOwnProperty: 4 }),
    () => withKey('__proto__', { polluted: true, isAdmin: true }),
    () => withKey('constructor', { prototype: { polluted: true } }),
    () => nested(random.int(3, 200), random),
    () => Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`key${index}`, index])),
  ])();
}

type Parent = Record<string, unknown> | unknown[];

/** Every place in a value that can be changed: who holds it, and under which key. */
function places(value: unknown, found: [Parent, string][] = []): [Parent, string][] {
  if (typeof value !== 'object' || value === null) return found;
  for (const key of Object.keys(value)) {
    found.push([value as Parent, key]);
    places((value as Record<string, unknown>)[key], found);
  }
  return found;
}

/** A copy of a value with one to three things wrong in it. */
export function mutate(original: unknown, random: Random): unknown {
  const root: { value: unknown } = { value: structuredClone(original) };
  for (let count = random.pick([1, 1, 1, 2, 3]); count > 0; count--) {
    const all = places(root);
    // All of it is left out already.
    if (all.length === 0) break;
    const [parent, key] = random.pick(all);
    const holder = parent as Record<string, unknown>;
    const old = holder[key];
    random.pick<() => void>([
      () => (holder[key] = hostile(random)),
      () => (holder[key] = hostile(random)),
      () => (Array.isArray(parent) ? parent.splice(Number(key), 1) : Reflect.deleteProperty(holder, key)),
      () => (holder[key] = [old]),
      () => (holder[key] = JSON.stringify(old ?? null)),
      () => (holder[key] = typeof old === 'number' ? old * random.pick([-1, 1e6, 0.5, 0]) : hostile(random)),
      () =>
        (holder[key] =
          typeof old === 'string' ? old + random.pick(['\u0000', ' ', 'x', '\ud800']) : hostile(random)),
      () => {
        const extra = withKey(
          random.pick(['__proto__', 'constructor', 'extra', 'id', 'toJSON', '']),
          hostile(random),
        );
        if (typeof old === 'object' && old !== null && !Array.isArray(old)) {
          for (const [name, value] of Object.entries(extra)) {
            Object.defineProperty(old, name, { value, enumerable: true, configurable: true, writable: true });
          }
        } else holder[key] = extra;
      },
    ])();
  }
  return root.value;
}
