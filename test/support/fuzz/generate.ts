import type { $ZodChecks, $ZodType, $ZodTypes } from 'zod/v4/core';
import type { Random } from './random.ts';

/** Values that a schema cannot know: by the name of the field, what there is (ids of one's own and of others). */
export type Pools = Record<string, readonly string[]>;

interface Bounds {
  min?: number;
  max?: number;
}

/** How large or long a value may be, from the checks of its schema. */
function boundsOf(schema: $ZodType): Bounds {
  const bounds: Bounds = {};
  for (const check of schema._zod.def.checks ?? []) {
    const { def } = (check as $ZodChecks)._zod;
    if (def.check === 'greater_than') bounds.min = Number(def.value) + (def.inclusive ? 0 : 1);
    if (def.check === 'less_than') bounds.max = Number(def.value) - (def.inclusive ? 0 : 1);
    if (def.check === 'min_length') bounds.min = def.minimum;
    if (def.check === 'max_length') bounds.max = def.maximum;
  }
  return bounds;
}

/** Makes a value that fits a schema of the protocol. */
export class Generator {
  readonly #random: Random;
  readonly #pools: Pools;

  constructor(random: Random, pools: Pools) {
    this.#random = random;
    this.#pools = pools;
  }

  make(schema: $ZodType, field = ''): unknown {
    const random = this.#random;
    const { def } = (schema as $ZodTypes)._zod;
    const bounds = boundsOf(schema);
    switch (def.type) {
      case 'object':
        return Object.fromEntries(
          Object.entries(def.shape)
            .filter(([, part]) => (part as $ZodTypes)._zod.def.type !== 'optional' || random.chance(0.5))
            .map(([name, part]) => [name, this.make(part, name)]),
        );
      case 'array': {
        const { min = 0, max = 5 } = bounds;
        const length = random.int(min, Math.min(max, min + 3));
        return Array.from({ length }, () => this.make(def.element, field));
      }
      case 'record':
        return Object.fromEntries(
          Array.from({ length: random.int(0, 3) }, () => [
            random.text(4, 'abcdef'),
            this.make(def.valueType),
          ]),
        );
      case 'union':
        return this.make(random.pick(def.options), field);
      case 'optional':
        return this.make(def.innerType, field);
      case 'nullable':
        return random.chance(0.3) ? null : this.make(def.innerType, field);
      case 'enum':
        return random.pick(Object.values(def.entries));
      case 'literal':
        return random.pick(def.values);
      case 'boolean':
        return random.chance(0.5);
      case 'null':
        return null;
      case 'number':
        return this.#number(bounds);
      case 'string':
        return this.#string(field, 'format' in def && def.format === 'uuid', bounds);
      default:
        throw new Error(`the generator knows no schema of type ${def.type}`);
    }
  }

  #number({ min = -1000, max = 1_000_000 }: Bounds): number {
    const near = Math.min(max, min + 300);
    return this.#random.pick([min, near, max, this.#random.int(min, near)]);
  }

  #string(field: string, isId: boolean, { min = 0, max = 40 }: Bounds): string {
    const random = this.#random;
    const pool = this.#pools[field];
    if (pool && pool.length > 0 && random.chance(isId ? 0.9 : 1)) return random.pick(pool);
    if (isId) return random.uuid();
    const length = random.chance(0.02) ? max : random.int(Math.max(1, min), Math.min(max, min + 30));
    return random.text(length, 'abcXYZ09äж中');
  }
}
