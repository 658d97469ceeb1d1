import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SECRET_BYTES = 32;

/** The secret that signs cookies, made at the first start and readable by its owner alone. */
export function loadSecret(folder: string): string {
  const file = join(folder, 'session-secret');
  try {
    // Made only where there is none; two servers that start at once agree on the first one's.
    writeFileSync(file, randomBytes(SECRET_BYTES).toString('base64url'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const secret = readFileSync(file, 'utf8').trim();
  // A crash or a full disk at the first start may have cut it off.
  if (Buffer.from(secret, 'base64url').length < SECRET_BYTES) {
    throw new Error(`${file} is damaged: delete it, and everyone signs in again`);
  }
  return secret;
}
