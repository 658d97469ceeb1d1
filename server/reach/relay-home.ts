import { createHash } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The first of the user ids that neither distributions nor systemd nor containers give out (systemd, UIDS-GIDS). */
const FIRST_USER = 0x7000_0000;
/** Numbers of capabilities, as in linux/capability.h: what it takes to run a child as another user, and to end it. */
const CAPABILITIES = { chown: 0, kill: 5, setgid: 6, setuid: 7 } as const;
const FIRST_FREE_PORT = 1024;

/** Where the coturns of one installation have their files, and as whom they run. */
export interface RelayHome {
  /** The user that they run as; undefined where that is the server's own. */
  readonly user: number | undefined;
  /** How setpriv gives them what they may, and nothing else. */
  readonly privileges: readonly string[];
  /** Writes a configuration of this name, and returns where it is. */
  write(name: string, text: string): string;
  /** The path of a database of this name. */
  database(name: string): string;
  remove(): void;
}

/** In the data folder, as the server's own user. */
export function ownHome(folder: string): RelayHome {
  return {
    user: undefined,
    privileges: [],
    write(name, text) {
      const file = join(folder, name);
      writeFileSync(file, text, { mode: 0o600 });
      return file;
    },
    database: (name) => join(folder, name),
    remove: () => undefined,
  };
}

/**
 * As a user of their own, who may nothing, whose files lie in the memory of /run: this user cannot enter the data folder.
 * Undefined where this process may not do that.
 *
 * @param port The relay's: no two of one network have the same, so no two share a user.
 * @param folder The data folder, which names the installation.
 */
export function separateHome(port: number, folder: string): RelayHome | undefined {
  if (process.getuid?.() !== 0 || !hasCapabilities()) return undefined;
  const user = FIRST_USER + port;
  const place = runFolderOf(folder);
  const databases = join(place, 'db');
  try {
    rmSync(place, { recursive: true, force: true });
    mkdirSync(databases, { recursive: true, mode: 0o700 });
    chownSync(databases, user, user);
    // What root writes to must not be theirs: they could lead it elsewhere by a link.
    chownSync(place, 0, user);
    chmodSync(place, 0o710);
  } catch {
    // Without /run, or in a user namespace that does not have this user.
    rmSync(place, { recursive: true, force: true });
    return undefined;
  }
  return {
    user,
    privileges: [`--reuid=${user}`, `--regid=${user}`, '--clear-groups', ...leastPrivileges(port)],
    write(name, text) {
      const file = join(place, name);
      writeFileSync(file, text, { mode: 0o600 });
      chownSync(file, 0, user);
      // Whatever the umask says.
      chmodSync(file, 0o640);
      return file;
    },
    database: (name) => join(databases, name),
    remove: () => rmSync(place, { recursive: true, force: true }),
  };
}

/** Where the coturns of the installation with this data folder have their files, if they run as a user of their own. */
export function runFolderOf(folder: string): string {
  return join('/run', `chataway-relay-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`);
}

function leastPrivileges(port: number): string[] {
  const kept = port < FIRST_FREE_PORT ? ',+net_bind_service' : '';
  return [
    `--inh-caps=-all${kept}`,
    `--ambient-caps=-all${kept}`,
    `--bounding-set=-all${kept}`,
    '--no-new-privs',
  ];
}

/** A container may have taken them from root. */
function hasCapabilities(): boolean {
  const [, mask = '0'] = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  const effective = BigInt(`0x${mask}`);
  return Object.values(CAPABILITIES).every((bit) => ((effective >> BigInt(bit)) & 1n) === 1n);
}
