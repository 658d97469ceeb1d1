import { expect } from 'vitest';

/**
 * What only our source, our libraries or our machine would say. None of it belongs into words that a client
 * is sent; answers that name codecs and extensions are no words, and are not looked at.
 */
const INTERNAL =
  /\bat .+:\d+:\d+|node:|node_modules|\/(work|home|root|tmp|usr)\/|\.(ts|js|mjs|sqlite)\b|\b(sqlite|knex|koa|mediasoup|protoo|zod|argon2?|keygrip|pino|ENOENT|EACCES|ERR_\w+|\w+Error|undefined|NaN)\b|\[object |\b(select|insert into|update|delete from)\b.+\b(from|values|set|where)\b/i;

/** Fails where text for people tells of our inside. */
export function expectNoInternals(text: string): void {
  expect(INTERNAL.exec(text)?.[0], `internal text in: ${text.slice(0, 300)}`).toBeUndefined();
}
