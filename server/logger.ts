import { pino, type Logger } from 'pino';

export type { Logger };

/**
 * Makes the log: one JSON line an event, on standard error so that standard output stays for people.
 * Never log a secret, a cookie, a password or a message's text; ids are enough.
 */
export function createLogger(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
}
