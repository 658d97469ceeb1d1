import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Server } from 'node:net';
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
import { SqlMessageRepository } from './db/message-repository.ts';
import { SqlSessionRepository } from './db/session-repository.ts';
import { SqlSettingsRepository } from './db/settings-repository.ts';
import { createHttpApp } from './http/http-app.ts';
import { createLogger } from './logger.ts';
import { MediaChecks } from './media/checks.ts';
import type { Announce } from './media/present.ts';
import { RoutesSeen } from './media/routes-seen.ts';
import { MediaRooms } from './media/rooms.ts';
import { Directory } from './presence/directory.ts';
import { PeopleService } from './presence/people-service.ts';
import { announce, AnnouncedAddresses } from './reach/announced-addresses.ts';
import { Front } from './reach/front.ts';
import { TrustedProxies } from './reach/trusted-proxies.ts';
import { SessionCookie } from './sessions/cookie.ts';
import { OriginPolicy } from './sessions/origin-policy.ts';
import { SessionService } from './sessions/session-service.ts';
import { Connections } from './signaling/connections.ts';
import type { MediaWorkers } from './media/workers.ts';
import { HEARTBEAT_MS, SignalingServer } from './signaling/signaling-server.ts';
import {
  listen,
  openCertificates,
  openControl,
  openData,
  portOf,
  relayedAddressOf,
  startRelay,
  startWorkers,
} from './start.ts';

const CLIENT_FOLDER = fileURLToPath(new URL('../dist/client', import.meta.url));
const PURGE_EVERY_MS = 60 * 60 * 1000;

/** What tests may look into, and set otherwise than in production. */
export interface Overrides {
  deadlines?: Partial<Deadlines>;
  /** How often each connection is pinged, in milliseconds. */
  heartbeat?: number;
  /** For how long the relay's credentials are good, in seconds. */
  relayLifetime?: number;
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
export async function createApp(
  config: Config,
  { deadlines, heartbeat, relayLifetime }: Overrides = {},
): Promise<App> {
  const logger = createLogger(config.LOG_LEVEL);
  // Before anything that has to be closed again.
  const certificates = await openCertificates(config, logger);
  const control = await openControl(config, logger);
  const { secret, database } = await openData(config);
  const relayedAddress = await relayedAddressOf(config);
  const workers = await startWorkers(config, relayedAddress, logger);
  const tlsPort = () => Number(config.PUBLIC_URL?.port ?? 0) || (config.PUBLIC_URL ? 443 : portOf(listener));
  const overTls = certificates !== undefined;
  const relay = await startRelay(config, { relayedAddress, overTls, tlsPort, logger });
  const addresses = new AnnouncedAddresses({
    configured: config.MEDIA_ADDRESSES,
    publicName: config.PUBLIC_URL?.hostname,
    relayed: relayedAddress,
  });
  await addresses.start();

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
  const seen = new RoutesSeen();
  const announceNow: Announce = (candidates) => announce(candidates, addresses.list());
  const rooms = new MediaRooms({ workers, announce: announceNow, seen, logger });
  const checks = new MediaChecks({
    workers,
    announce: announceNow,
    seen,
    rateLimitFactor: config.RATE_LIMIT_FACTOR,
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

  const secure = certificates !== undefined || config.PUBLIC_URL?.protocol === 'https:';
  const cookie = new SessionCookie({ secret, secure });
  const originPolicy = new OriginPolicy(config.PUBLIC_URL);
  const proxies = new TrustedProxies(config.TRUSTED_PROXIES);
  const rateLimitFactor = config.RATE_LIMIT_FACTOR;
  const http = createHttpApp({
    accounts,
    sessions,
    cookie,
    originPolicy,
    clientFolder: CLIENT_FOLDER,
    rateLimitFactor,
    clientOf: (request) => proxies.clientOf(request),
    logger,
  });
  const signaling = new SignalingServer({
    services: {
      people,
      chat,
      calls,
      history,
      settings,
      rooms,
      connections,
      iceServers: (host, accountId, lifetime) =>
        relay?.iceServers(host, accountId, lifetime ?? relayLifetime) ?? null,
      checks,
    },
    accounts,
    sessions,
    cookie,
    originPolicy,
    clientOf: (request) => (proxies.knows(request) ? proxies.clientOf(request) : undefined),
    rateLimitFactor,
    heartbeat: heartbeat ?? HEARTBEAT_MS,
    logger,
  });
  const handle = http.callback();
  // Koa answers every error itself, so nothing waits for this promise.
  const onRequest = (request: IncomingMessage, response: ServerResponse) => void handle(request, response);
  const server = createServer(onRequest);
  signaling.attach(server);
  const front = certificates && new Front({ certificates, http: server, relay: relay?.inner });
  const listener: Server = front?.server ?? server;
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
      listener.close(resolve);
      server.closeAllConnections();
      front?.closeAllConnections();
    });
    certificates?.close();
    addresses.close();
    relay?.close();
    workers.close();
    control.close();
    await database.destroy();
  };

  return {
    workers,
    rooms,
    listen: async () => {
      await listen(listener, config);
      certificates?.start();
      return portOf(listener);
    },
    close: () => (closing ??= close()),
  };
}
