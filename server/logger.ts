import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger };

/** What is never written, should it ever stand in what is logged: the second net. */
const SECRETS = [
  'password',
  'passwordRepeat',
  'currentPassword',
  'passwordHash',
  'cookie',
  'authorization',
  'token',
  'secret',
  'secrets',
  'credential',
  'text',
];
const DEPTHS = ['', '*.', '*.*.'];

/**
 * Makes the log: one JSON line an event, on standard error so that standard output stays for people.
 * Never log a secret, a cookie, a password or a message's text; ids are enough.
 */
export function createLogger(level: string, destination: DestinationStream = pino.destination(2)): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRETS.flatMap((key) => DEPTHS.map((depth) => depth + key)), censor: '[hidden]' },
      serializers: { err: describeError },
    },
    destination,
  );
}

/** Libraries hang on their errors what they were about: whole bodies, packets. None of it is written. */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? String(error.code) : undefined;
  return { name, message, code, stack, ...(cause !== undefined && { cause: describeError(cause) }) };
}
