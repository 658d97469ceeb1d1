import { randomUUID } from 'node:crypto';
import { hash } from '@node-rs/argon2';
import { NO_INVITATION } from '../../server/accounts/registration.ts';
import { BasePath } from '../../server/base-path.ts';
import { SqlAccountRepository } from '../../server/db/account-repository.ts';
import { SqlConversationRepository } from '../../server/db/conversation-repository.ts';
import { openDatabase } from '../../server/db/database.ts';
import { SqlSessionRepository } from '../../server/db/session-repository.ts';
import { FactBus } from '../../server/fact-bus.ts';
import { createLogger } from '../../server/logger.ts';
import { CookieScope, SessionCookie } from '../../server/sessions/cookie.ts';
import { loadSecret } from '../../server/sessions/secret.ts';
import { SessionService } from '../../server/sessions/session-service.ts';

/** Nobody here has a secret: one password, and one hash of it, for all. */
const PASSWORD = 'a quiet blue harbour';
const DAY_MS = 24 * 60 * 60 * 1000;

export interface Inhabitant {
  readonly id: string;
  readonly username: string;
  /** The value of the `Cookie` header. */
  readonly cookie: string;
}

/** Two people and the conversation that they have. */
export interface Pair {
  readonly conversationId: string;
  readonly people: readonly [Inhabitant, Inhabitant];
}

/**
 * Writes signed-in people, in pairs with a conversation, into the database of a server that does not run
 * yet: a thousand sign-ups over HTTP would take half a minute and measure nothing.
 */
export async function populate(dataDir: string, pairs: number): Promise<Pair[]> {
  const database = await openDatabase(dataDir);
  try {
    const accounts = new SqlAccountRepository(database);
    const conversations = new SqlConversationRepository(database);
    const sessions = new SessionService({
      sessions: new SqlSessionRepository(database),
      days: 90,
      facts: new FactBus({ logger: createLogger('silent') }),
    });
    const scope = new CookieScope({ secure: false, basePath: new BasePath('') });
    const cookie = new SessionCookie({ secret: loadSecret(dataDir), scope });
    const passwordHash = await hash(PASSWORD);

    const settle = async (): Promise<Inhabitant> => {
      const id = randomUUID();
      // By name they stand in no order, as people do.
      const username = `person-${id.slice(0, 8)}`;
      const email = `${username}@example.org`;
      const account = { id, username, email, passwordHash, createdAt: Date.now(), disabledAt: null };
      await accounts.add({ ...account, role: 'member' }, NO_INVITATION);
      const key = sessions.newKey();
      const proof = { accountId: id, passwordHash };
      await sessions.begin(key, proof, Date.now() + DAY_MS, { userAgent: 'benchmark', address: '127.0.0.1' });
      const pair = `${cookie.name}=${key}`;
      return { id, username, cookie: `${pair}; ${cookie.name}.sig=${cookie.keys.sign(pair)}` };
    };

    const made: Pair[] = [];
    for (let index = 0; index < pairs; index++) {
      const people = [await settle(), await settle()] as const;
      const { id } = await conversations.openDirect(people[0].id, people[1].id, Date.now());
      made.push({ conversationId: id, people });
    }
    return made;
  } finally {
    await database.destroy();
  }
}
