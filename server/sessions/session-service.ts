import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { SessionEnd, SessionInfo } from '#protocol/account';
import { AppError } from '../errors.ts';
import type { Publisher } from '../fact-bus.ts';
import { notSignedIn, presentSession, type Identity, type Session } from './session.ts';

/** Where sessions are kept. */
export interface SessionRepository {
  /** Adds the session, once. False where its account has another password than the one of this hash, or is disabled. */
  begin(keyHash: string, session: Session, passwordHash: string): Promise<boolean>;
  /**
   * Moves its expiry, but not beyond `lifetime` milliseconds after it began. One that has ended stays ended: a request
   * that was in flight while its session was ended must not bring it back.
   */
  extend(keyHash: string, expiresAt: number, lifetime: number): Promise<void>;
  /** The session with this key, unless it has ended or expired, or its account is disabled. */
  findByKey(keyHash: string, now: number): Promise<Session | undefined>;
  listByAccount(accountId: string, now: number): Promise<Session[]>;
  /** Ends what matches and still lives, and returns the ids of what it ended. `why` is null for a sign-out. */
  end(which: SessionFilter, now: number, why: SessionEnd | null): Promise<string[]>;
  /** Why the session with this key was ended; null where it was not, or by its own person. */
  whyEnded(keyHash: string): Promise<SessionEnd | null>;
  /** Whether this session has still to be told that another one changed the email address; it counts as told from now. */
  takeEmailChange(id: string): Promise<boolean>;
  /** The same for a person's own sessions; undefined where the session that asks has ended. */
  endBy(by: Identity, which: OwnSessions, now: number): Promise<string[] | undefined>;
  /** Whether the session has neither ended nor expired, and its account is enabled. */
  isLive(identity: Identity, now: number): Promise<boolean>;
  /** False where it has ended. */
  touch(id: string, now: number): Promise<boolean>;
  /** Ends what has expired, and returns the ids of what it ended. */
  endExpired(now: number): Promise<string[]>;
  /** Forgets what expired before this time. */
  purge(expiredBefore: number): Promise<void>;
}

/** Names sessions to end: one by its key or its id, or all of an account (but one). */
export type SessionFilter =
  { keyHash: string } | { accountId: string; id: string } | { accountId: string; except: string | null };

/** Names sessions of the account that asks: one by its id, or all but one. */
export type OwnSessions = { id: string } | { except: string };

/** Where a session was made from. */
export interface Origin {
  userAgent: string;
  address: string;
}

/**
 * That someone knows an account's password: its hash as it was when they gave it. Whoever sets another password ends
 * the sessions there are; a sign-in with the old one that is still under way must not begin one afterwards.
 */
export interface Proof {
  accountId: string;
  passwordHash: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const KEY_BYTES = 24;
const USER_AGENT_MAX = 256;

interface Collaborators {
  sessions: SessionRepository;
  /** How long a session lasts at most, however much it is used. */
  days: number;
  facts: Publisher;
}

/** Sessions: a key (from a cookie) becomes an identity, here for both edges. */
export class SessionService {
  readonly #sessions: SessionRepository;
  readonly #lifetime: number;
  readonly #facts: Publisher;

  constructor({ sessions, days, facts }: Collaborators) {
    this.#sessions = sessions;
    this.#lifetime = days * DAY_MS;
    this.#facts = facts;
  }

  /** A new key: 192 bits from the system's generator. */
  newKey(): string {
    return randomBytes(KEY_BYTES).toString('base64url');
  }

  /** The live session that a key opens. */
  async find(key: string): Promise<Session | undefined> {
    return this.#sessions.findByKey(hashKey(key), Date.now());
  }

  /** Who a key belongs to. */
  async identify(key: string | undefined): Promise<Identity | undefined> {
    const session = key === undefined ? undefined : await this.find(key);
    return session && { sessionId: session.id, accountId: session.accountId };
  }

  /**
   * Begins a session under its key, for whoever has just proven to know the account's password.
   *
   * @throws {AppError} `wrong_credentials` where that is not the password any more.
   */
  async begin(
    key: string,
    { accountId, passwordHash }: Proof,
    expiresAt: number,
    origin: Origin,
  ): Promise<void> {
    const now = Date.now();
    const session: Session = {
      id: randomUUID(),
      accountId,
      userAgent: origin.userAgent.slice(0, USER_AGENT_MAX),
      address: origin.address,
      createdAt: now,
      lastSeenAt: now,
      expiresAt: Math.min(expiresAt, now + this.#lifetime),
    };
    if (!(await this.#sessions.begin(hashKey(key), session, passwordHash))) {
      throw new AppError('wrong_credentials', 'The username or the password is wrong.');
    }
  }

  /** Has the session, if it lives, last until `expiresAt`, or until its absolute end where that comes first. */
  extend(key: string, expiresAt: number): Promise<void> {
    return this.#sessions.extend(hashKey(key), expiresAt, this.#lifetime);
  }

  /** The account's sessions as its owner sees them. */
  async list({ accountId, sessionId }: Identity): Promise<SessionInfo[]> {
    const sessions = await this.#sessions.listByAccount(accountId, Date.now());
    return sessions.map((session) => ({ ...presentSession(session), current: session.id === sessionId }));
  }

  /** Ends the session with this key, whose person signs out. */
  async end({ key }: { key: string }): Promise<void> {
    this.#publishEnded(await this.#sessions.end({ keyHash: hashKey(key) }, Date.now(), null));
  }

  /** Why the session that a key opened was ended; null where it was not, or by its own person. */
  async whyEnded(key: string | undefined): Promise<SessionEnd | null> {
    return key === undefined ? null : this.#sessions.whyEnded(hashKey(key));
  }

  /** Whether this session has still to be told that another one changed the email address; it counts as told from now. */
  takeEmailChange(id: string): Promise<boolean> {
    return this.#sessions.takeEmailChange(id);
  }

  /**
   * Ends sessions of an account at the wish of one of them.
   *
   * @throws {AppError} `not_signed_in` where that session has ended.
   */
  async endBy(by: Identity, which: OwnSessions): Promise<void> {
    const ended = await this.#sessions.endBy(by, which, Date.now());
    if (ended === undefined) throw notSignedIn();
    this.#publishEnded(ended);
  }

  /** Notes that the session is in use; false where it has ended. */
  touch(id: string): Promise<boolean> {
    return this.#sessions.touch(id, Date.now());
  }

  /**
   * Ends the sessions whose time is over, so that their connections close too, and forgets those of the day before. An
   * ended session is kept that long as the proof that it has ended, since a request that saw it alive may still be on
   * its way.
   */
  async sweep(): Promise<void> {
    const now = Date.now();
    this.#publishEnded(await this.#sessions.endExpired(now));
    await this.#sessions.purge(now - DAY_MS);
  }

  #publishEnded(ids: readonly string[]): void {
    for (const sessionId of ids) this.#facts.publish('sessionEnded', { sessionId });
  }
}

/** The database never holds what opens a session. The key is random, so a plain hash is enough. */
function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}
