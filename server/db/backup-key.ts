import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const KEY_BYTES = 32;
const fileIn = (folder: string) => join(folder, 'backup-key');

/**
 * Signs what is in a backup with the key of this installation, which lies in the data folder, is made where there is none,
 * and is in no backup: who steals a backup cannot sign another.
 *
 * @returns HMAC-SHA256 in hexadecimal
 */
export function sign(folder: string, text: string): string {
  try {
    const key = randomBytes(KEY_BYTES).toString('base64url');
    writeFileSync(fileIn(folder), key, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return hmac(readFileSync(fileIn(folder), 'utf8').trim(), text);
}

/** Whether the key of this installation has signed the text. An installation without a key has signed nothing. */
export function isSigned(folder: string, text: string, signature: string): boolean {
  let key: string;
  try {
    key = readFileSync(fileIn(folder), 'utf8').trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
  const [given, expected] = [Buffer.from(signature), Buffer.from(hmac(key, text))];
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function hmac(key: string, text: string): string {
  // A crash or a full disk may have cut it off.
  if (Buffer.from(key, 'base64url').length < KEY_BYTES) {
    throw new Error(
      'backup-key in the data folder is damaged: delete it, and restore older backups with --trust',
    );
  }
  return createHmac('sha256', Buffer.from(key, 'base64url')).update(text).digest('hex');
}
