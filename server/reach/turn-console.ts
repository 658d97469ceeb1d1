import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const WITHIN_MS = 5_000;
const GREETING = /Enter password: \r?\n$/;
/** At the beginning of a line, when the console waits for a command. */
const PROMPT = /(?:^|\n)> $/;

/** Where coturn's console listens, and its password. */
export interface ConsolePlace {
  readonly host: string;
  readonly port: number;
  readonly password: string;
}

/** The same as long as the secret is: a relay elsewhere need not start anew when we do. */
export function consolePassword(secret: string): string {
  return createHmac('sha256', secret).update('console').digest('base64url');
}

/** The lines of coturn's configuration that open its console. Newer versions keep it closed without the first. */
export function consoleLines({ host, port, password }: ConsolePlace): string[] {
  return ['cli', `cli-ip=${host}`, `cli-port=${port}`, `cli-password=${password}`];
}

/**
 * Ends the allocations of these users, at coturn's console, and returns how many they were. Coturn has no other way to end
 * an allocation: it goes on refreshing one whose credentials have expired.
 *
 * @throws {Error} where the console does not answer as expected.
 */
export async function endAllocations(place: ConsolePlace, users: ReadonlySet<string>): Promise<number> {
  const socket = connect({ host: place.host, port: place.port });
  const late = setTimeout(() => socket.destroy(new Error('the console does not answer')), WITHIN_MS);
  try {
    await once(socket, 'connect');
    const console = new Console(socket);
    await console.read(GREETING);
    await console.ask(place.password);
    const present = [...(await console.ask('pu')).matchAll(/user: <([^>]+)>/g)].map(([, user = '']) => user);
    let ended = 0;
    for (const user of present.filter((one) => users.has(one))) {
      for (const [, id = ''] of (await console.ask(`ps ${user}`)).matchAll(/ id=(\d+), user </g)) {
        await console.ask(`cs ${id}`);
        late.refresh();
        ended += 1;
      }
    }
    return ended;
  } finally {
    clearTimeout(late);
    socket.destroy();
  }
}

/** It takes what comes in one piece for one command, so each waits for the answer to the one before. */
class Console {
  readonly #socket: Socket;
  #text = '';
  #end: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (part: string) => {
      this.#text += part;
      this.#wake();
    });
    const end = (error?: Error) => {
      this.#end ??= error ?? new Error('the console was closed');
      this.#wake();
    };
    socket.on('error', end).on('close', () => end());
  }

  ask(command: string): Promise<string> {
    this.#socket.write(`${command}\r\n`);
    return this.read(PROMPT);
  }

  /** What came since, up to this. */
  async read(last: RegExp): Promise<string> {
    while (!last.test(this.#text)) {
      if (this.#end) throw this.#end;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const text = this.#text;
    this.#text = '';
    return text;
  }
}
