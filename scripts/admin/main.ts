// npm run admin -- <command>: what an operator does with accounts, sessions and registration, at the command line. It
// asks the server that runs on the data folder; where none runs it does the same to the database itself. The exit code
// is 0 where it was done, 1 where it was not, 2 where the command makes no sense.
import { parseArgs } from 'node:util';
import { ConfigError, loadConfig } from '../../config/load.ts';
import { commandLine } from '../../server/where-it-runs.ts';
import { COMMANDS, type Command } from './commands.ts';
import { CommandError, UsageError, wordsOf } from './command-error.ts';
import { openDoor } from './door.ts';

// What it writes is the server's own, as when the server writes it.
process.umask(0o077);

const COMMON = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
const [name, ...rest] = process.argv.slice(2);

try {
  await main();
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`ChatAway: ${error.message}. See "${commandLine('admin', 'help')}".`);
    process.exitCode = 2;
  } else if (error instanceof CommandError || error instanceof ConfigError) {
    const words = error instanceof CommandError ? wordsOf(error) : error.message;
    if (rest.includes('--json')) console.log(JSON.stringify({ error: errorData(error) }));
    console.error(`ChatAway: ${words}`);
    process.exitCode = 1;
  } else {
    throw error;
  }
}

async function main(): Promise<void> {
  if (name === undefined || ['help', '--help', '-h'].includes(name)) {
    console.log(help());
    if (name === undefined) process.exitCode = 2;
    return;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new UsageError(`there is no command "${name}"`);
  const { words, options } = read(command);
  if (options['help']) {
    console.log(`${name} ${command.usage}\n\n${command.help}.`);
    return;
  }
  if (words.length < command.words.min || words.length > command.words.max) {
    throw new UsageError(`it is "${name} ${command.usage}"`);
  }
  await using door = await openDoor(loadConfig(process.env));
  const { text, data } = await command.run(door, { words, options });
  console.log(options['json'] ? JSON.stringify(data, null, 2) : text);
}

function read(command: Command) {
  try {
    const parsed = parseArgs({
      args: rest,
      allowPositionals: true,
      options: { ...COMMON, ...command.options },
    });
    return {
      words: parsed.positionals,
      options: parsed.values as Readonly<Record<string, string | boolean | undefined>>,
    };
  } catch (error) {
    // Node's own words: "Unknown option '--days'. ..."
    throw new UsageError((error instanceof Error ? error.message : '').split('. ')[0] ?? '');
  }
}

function help(): string {
  const rows = Object.entries(COMMANDS).map(([one, { usage, help }]) => [`${one} ${usage}`.trimEnd(), help]);
  const width = Math.max(...rows.map(([usage = '']) => usage.length));
  return [
    `${commandLine('admin', '<command>')}, with the settings of the server (DATA_DIR above all)`,
    '',
    ...rows.map(([usage = '', words = '']) => `  ${usage.padEnd(width)}  ${words}`),
    '',
    'A name is a username or an email address. --json prints for programs.',
  ].join('\n');
}

function errorData(error: CommandError | ConfigError): object {
  return error instanceof CommandError
    ? { code: error.code, message: error.message, fields: error.fields }
    : { code: 'failed', message: error.message };
}
