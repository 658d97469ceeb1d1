import { readFileSync } from 'node:fs';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config/load.ts';
import { AccountService } from './accounts/account-service.ts';
import { PasswordHasher } from './accounts/password-hasher.ts';
import { DEADLINES, type Deadlines } from './calls/call.ts';
import { CallHistory } from './calls/call-history.ts';
import { CallService } from './calls/call-service.ts';
import { systemClock } from './calls/ports.ts';
import { SettingsService } from './calls/settings-service.ts';
import { ChatService } from './chat/chat-service.ts';
import { SqlAccountRepository } from './db/account-repository.ts';
import { SqlCallRepository } from './db/call-repository.ts';
import { SqlConversationRepository } from './db/conversation-repository.ts';
import { openDatabase } from './db/database.ts';
import { SqlMessageRepository } from './db/message-repository.ts';
import { SqlSessionRepository } from './db/session-repository.ts';
import { SqlSettingsRepository } from './db/settings-repository.ts';
import { createHttpApp } from './http/http-app.ts';
import { createLogger, type Logger } from './logger.ts';
import { MediaRooms } from './media/rooms.ts';
import { MediaWorkers } from './media/workers.ts';
import { Directory } from './presence/directory.ts';
import { PeopleService } from './presence/people-service.ts';
import { announce, announcedAddresses } from './reach/announced-addresses.ts';
import { SessionCookie } from './sessions/cookie.ts';
import { OriginPolicy } from './sessions/origin-policy.ts';
import { loadSecret } from './sessions/secret.ts';
import { SessionService } from './sessions/session-service.ts';
import { Connections } from './signaling/connections.ts';
import { HEARTBEAT_MS, SignalingServer } from './signaling/signaling-server.ts';
import { startStep } from './start-error.ts';

const CLIENT_FOLDER = fileURLToPath(new URL('../dist/client', import.meta.url));
const PURGE_EVERY_MS = 60 * 60 * 1000;

/** What tests may look into, and set otherwise than in production. */
export interface Overrides {
  deadlines?: Partial<Deadlines>;
  /** How often each connection is pinged, in milliseconds. */
  heartbeat?: number;
}

export interface App {
  /** Begins to accept connections, and tells at which port. */
  listen(): Promise<number>;
  /** Closes everything, once: clients are told to come back, then sockets, media and database close. */
  close(): Promise<void>;
  readonly workers: MediaWorkers;
  readonly rooms: MediaRooms;
}

/** The composition root: builds everything from the settings. */
export async function createApp(config: Config, { deadlines, heartbeat }: Overrides = {}): Promise<App> {
  const logger = createLogger(config.LOG_LEVEL);
  // Before anything that has to be closed again.
  const tls = await readCertificate(config);
  const { secret, database } = await startStep(
    async () => ({ database: await openDatabase(config.DATA_DIR), secret: loadSecret(config.DATA_DIR) }),
    (reason, code) =>
      /^(E|SQLITE_CANTOPEN|SQLITE_READONLY)/.test(code)
        ? `The data folder ${config.DATA_DIR} cannot be used: set DATA_DIR to a folder that this user may write to (${reason}).`
        : `The database in ${config.DATA_DIR} cannot be opened: restore a backup, or start the version of ChatAway that wrote it (${reason}).`,
  );
  const workers = await startWorkers(config, logger);

  const connections = new Connections();
  const accountRepository = new SqlAccountRepository(database);
  const directory = new Directory(await accountRepository.listNames());
  const people = new PeopleService({ directory, notifier: connections });
  const accounts = new AccountService({
    accounts: accountRepository,
    hasher: new PasswordHasher(),
    onAdded: (account) => people.add(account),
  });
  const sessions = new SessionService({ sessions: new SqlSessionRepository(database) });
  const chat = new ChatService({
    conversations: new SqlConversationRepository(database),
    messages: new SqlMessageRepository(database),
    people,
    notifier: connections,
  });
  const rooms = new MediaRooms({
    workers,
    announce: (candidates) => announce(candidates, announcedAddresses(config.MEDIA_ADDRESSES)),
    logger,
  });
  const settingsRepository = new SqlSettingsRepository(database);
  const callRepository = new SqlCallRepository(database);
  const history = new CallHistory({
    calls: callRepository,
    conversations: chat,
    people,
    notifier: connections,
    clock: systemClock,
  });
  const calls = new CallService({
    calls: callRepository,
    history,
    rooms,
    conversations: chat,
    settings: settingsRepository,
    people,
    notifier: connections,
    tabs: connections,
    clock: systemClock,
    deadlines: { ...DEADLINES, ...deadlines },
    rateLimitFactor: config.RATE_LIMIT_FACTOR,
    logger,
  });
  const settings = new SettingsService({
    settings: settingsRepository,
    people,
    notifier: connections,
    onBlocked: (accountId, blockedId) => calls.blocked(accountId, blockedId),
  });
  rooms.listen({
    onUp: (callId, accountId) => calls.mediaUp(callId, accountId),
    onDown: (callId, accountId) => calls.mediaDown(callId, accountId),
    onLost: (callId) => calls.roomLost(callId),
  });
  await calls.restore();

  const secure = tls !== undefined || config.PUBLIC_URL?.protocol === 'https:';
  const cookie = new SessionCookie({ secret, secure });
  const originPolicy = new OriginPolicy(config.PUBLIC_URL);
  const rateLimitFactor = config.RATE_LIMIT_FACTOR;
  const http = createHttpApp({
    accounts,
    sessions,
    cookie,
    originPolicy,
    clientFolder: CLIENT_FOLDER,
    rateLimitFactor,
    logger,
  });
  const signaling = new SignalingServer({
    services: { people, chat, calls, history, settings, rooms, connections },
    accounts,
    sessions,
    cookie,
    originPolicy,
    rateLimitFactor,
    heartbeat: heartbeat ?? HEARTBEAT_MS,
    logger,
  });
  const handle = http.callback();
  // Koa answers every error itself, so nothing waits for this promise.
  const onRequest = (request: IncomingMessage, response: ServerResponse) => void handle(request, response);
  const server = tls ? createHttpsServer(tls, onRequest) : createHttpServer(onRequest);
  signaling.attach(server);
  const purge = setInterval(() => {
    sessions.purge().catch((error: unknown) => logger.error({ err: error }, 'sessions were not purged'));
  }, PURGE_EVERY_MS);

  let closing: Promise<void> | undefined;
  const close = async () => {
    clearInterval(purge);
    calls.close();
    signaling.close();
    await new Promise((resolve) => {
      // Where it never listened there is nothing to close, which comes as an error that says so.
      server.close(resolve);
      server.closeAllConnections();
    });
    workers.close();
    await database.destroy();
  };

  return {
    workers,
    rooms,
    listen: () => listen(server, config),
    close: () => (closing ??= close()),
  };
}

interface Certificate {
  cert: Buffer;
  key: Buffer;
}

async function readCertificate({ TLS_CERT, TLS_KEY }: Config): Promise<Certificate | undefined> {
  if (TLS_CERT === undefined || TLS_KEY === undefined) return undefined;
  return startStep(
    () => {
      const certificate = { cert: readFileSync(TLS_CERT), key: readFileSync(TLS_KEY) };
      createSecureContext(certificate);
      return certificate;
    },
    (reason) =>
      `TLS_CERT (${TLS_CERT}) and TLS_KEY (${TLS_KEY}) must name a certificate and its key, in PEM: ${reason}.`,
  );
}

function startWorkers({ MEDIA_WORKERS, MEDIA_PORT }: Config, logger: Logger): Promise<MediaWorkers> {
  return startStep(
    () => MediaWorkers.start({ count: MEDIA_WORKERS, firstPort: MEDIA_PORT, logger }),
    (reason) =>
      reason.includes('address already in use')
        ? `A media port from ${MEDIA_PORT} to ${MEDIA_PORT + MEDIA_WORKERS - 1} is taken, UDP or TCP: stop the other program, or set MEDIA_PORT.`
        : `The media worker does not start: run "npm start", which sets it up, or set MEDIASOUP_WORKER_BIN to one that works (${reason}).`,
  );
}

function listen(server: Server, { HOST, PORT }: Config): Promise<number> {
  const listening = new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: PORT, ...(HOST !== undefined && { host: HOST }) }, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : PORT);
    });
  });
  return startStep(
    () => listening,
    (reason, code) => {
      if (code === 'EADDRINUSE')
        return `Port ${PORT} is taken by another program: stop that one, or set PORT to another number.`;
      if (code === 'EACCES') return `Port ${PORT} may not be used by this user: set PORT to 1024 or more.`;
      return `Nobody can connect to ${HOST ?? 'this machine'}: set HOST to an address that this machine has, or leave it out (${reason}).`;
    },
  );
}
