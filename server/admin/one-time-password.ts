import { randomInt } from 'node:crypto';

/** Letters and digits that nobody mistakes for another when they are read out. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const GROUPS = 4;
const GROUP_LENGTH = 5;

/** A password that someone is given by an admin: 99 bits from the system's generator, as "k7mpq-…". */
export function oneTimePassword(): string {
  const character = () => ALPHABET.charAt(randomInt(ALPHABET.length));
  const group = () => Array.from({ length: GROUP_LENGTH }, character).join('');
  return Array.from({ length: GROUPS }, group).join('-');
}
