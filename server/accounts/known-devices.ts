import { createHash, randomBytes } from 'node:crypto';
import { networkOf } from '../ip-address.ts';

/** Keeps on which devices and networks accounts have signed in. */
export interface KnownDeviceRepository {
  /** Notes that the account has signed in on the device; of each account the latest `keep` devices are kept. */
  remember(accountId: string, keyHash: string, now: number, keep: number): Promise<void>;
  /** Whether the account has signed in on the device since then. */
  isKnown(accountId: string, keyHash: string, since: number): Promise<boolean>;
  /** The addresses of the account's latest sessions, living and ended, that have not been forgotten yet. */
  addressesOf(accountId: string, latest: number): Promise<string[]>;
  /** Forgets the devices that were last used before this time. */
  purge(usedBefore: number): Promise<void>;
}

/** How well a client that wants to sign in is known to the account that it names. */
export type Familiarity = 'device' | 'network' | 'stranger';

/** Where a request comes from. */
export interface Client {
  readonly address: string;
  /** The key in its device cookie, if it has one. */
  readonly deviceKey: string | undefined;
}

const KEY_BYTES = 24;
const DEVICES_PER_ACCOUNT = 20;
/** How many sessions are looked at. Strangers can have this done at any rate, for an account that has very many. */
const LATEST_SESSIONS = 100;
const FORGET_AFTER_MS = 365 * 24 * 60 * 60 * 1000;

/**
 * The devices on which accounts have signed in (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"): a device
 * keeps a random key in a cookie, which opens nothing and only gives its account tries that strangers cannot use up. The
 * networks are those of the account's latest sessions, which are kept until they expire.
 */
export class KnownDevices {
  readonly #devices: KnownDeviceRepository;

  constructor({ devices }: { devices: KnownDeviceRepository }) {
    this.#devices = devices;
  }

  /** Notes that the account has signed in on this device. Returns the device's key, a new one where it has none. */
  async remember(accountId: string, deviceKey: string | undefined): Promise<string> {
    const key = deviceKey ?? randomBytes(KEY_BYTES).toString('base64url');
    await this.#devices.remember(accountId, hashKey(key), Date.now(), DEVICES_PER_ACCOUNT);
    return key;
  }

  /** For an id that no account has, the answer is `stranger`, after the same work. */
  async familiarity(accountId: string, { address, deviceKey }: Client): Promise<Familiarity> {
    const since = Date.now() - FORGET_AFTER_MS;
    const known = await this.#devices.isKnown(accountId, hashKey(deviceKey ?? ''), since);
    const addresses = await this.#devices.addressesOf(accountId, LATEST_SESSIONS);
    if (known) return 'device';
    const network = networkOf(address);
    return addresses.some((one) => networkOf(one) === network) ? 'network' : 'stranger';
  }

  purge(): Promise<void> {
    return this.#devices.purge(Date.now() - FORGET_AFTER_MS);
  }
}

/** The key is random, so a plain hash is enough. */
function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}
