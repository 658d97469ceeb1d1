import { RECONNECT_WITHIN } from '#protocol/limits';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { basePath as basePathOf, type Config } from '../config/load.ts';
import { AccountService } from './accounts/account-service.ts';
import { firstAccountHint } from './accounts/first-account.ts';
import { KnownDevices } from './accounts/known-devices.ts';
import { PasswordHasher } from './accounts/password-hasher.ts';
import { Registration } from './accounts/registration.ts';
import { SignInLimits } from './accounts/sign-in-limits.ts';
import { AdminService } from './admin/admin-service.ts';
import { operatorMethods } from './admin/operator.ts';
import { BasePath } from './base-path.ts';
import { DEADLINES, type Deadlines } from './calls/call-events.ts';
import { CallHistory } from './calls/call-history.ts';
import { CallMedia } from './calls/call-media.ts';
import { Callees } from './calls/callees.ts';
import { CallService } from './calls/call-service.ts';
import { systemClock } from './calls/ports.ts';
import { SettingsService } from './calls/settings-service.ts';
import { subscribeCalls } from './calls/subscriptions.ts';
import { ChatService } from './chat/chat-service.ts';
import type { ControlSocket } from './control/control-socket.ts';
import { SqlAccountRepository } from './db/account-repository.ts';
import { SqlAdminDatabase } from './db/admin-database.ts';
import { SqlCallRepository } from './db/call-repository.ts';
import { answers, sizeOf } from './db/database.ts';
import { SqlConversationRepository } from './db/conversation-repository.ts';
import { SqlInvitationRepository } from './db/invitation-repository.ts';
import { SqlKnownDeviceRepository } from './db/known-device-repository.ts';
import { SqlMessageRepository } from './db/message-repository.ts';
import { SqlReportRepository } from './db/report-repository.ts';
import { SqlServerStateRepository } from './db/server-state-repository.ts';
import { SqlSessionRepository } from './db/session-repository.ts';
import { SqlSettingsRepository } from './db/settings-repository.ts';
import { FactBus } from './fact-bus.ts';
import { createHttpApp } from './http/http-app.ts';
import { readClient } from './http/static.ts';
import type { Logger } from './logger.ts';
import { QualitySampler } from './media/quality.ts';
import { Metrics } from './metrics/metrics.ts';
import { stateOf } from './calls/call.ts';
import { CallChecks } from './diagnostics/call-checks.ts';
import { RoutesSeen } from './diagnostics/routes-seen.ts';
import { ROUTER_CAPABILITIES } from './media/codecs.ts';
import type { Announce } from './media/present.ts';
import { MediaRooms } from './media/rooms.ts';
import { Blocks } from './presence/blocks.ts';
import { Directory } from './presence/directory.ts';
import { PeopleService } from './presence/people-service.ts';
import { subscribePeople } from './presence/subscriptions.ts';
import { announce, AnnouncedAddresses } from './reach/announced-addresses.ts';
import { Front } from './reach/front.ts';
import { TrustedProxies } from './reach/trusted-proxies.ts';
import { ReportService } from './reports/report-service.ts';
import { CookieScope, SessionCookie } from './sessions/cookie.ts';
import { OriginPolicy } from './sessions/origin-policy.ts';
import { UnderWay } from './under-way.ts';
import { SessionService } from './sessions/session-service.ts';
import { Connections } from './signaling/connections.ts';
import { subscribeCallNotices } from './signaling/call-notices.ts';
import { HEARTBEAT_MS, SignalingServer } from './signaling/signaling-server.ts';
import { subscribeConnections } from './signaling/subscriptions.ts';
import { UsageLimits } from './signaling/usage-limits.ts';
import {
  listen,
  openCertificates,
  openData,
  portOf,
  relayedAddressOf,
  startRelay,
  startWorkers,
} from './start.ts';

const CLIENT_FOLDER = fileURLToPath(new URL('../dist/client', import.meta.url));
const SWEEP_EVERY_MS = 60 * 1000;
/** What was asked before the server stops may take so long to be answered. */
const DRAIN_WITHIN_MS = 5_000;
/** And what clients that are gone already have asked, to be written or not. */
const SETTLE_WITHIN_MS = 1_000;

/** What tests may set otherwise than in production. */
export interface Overrides {
  deadlines?: Partial<Deadlines>;
  /** How long a tab without a connection goes on with its call, in milliseconds. */
  goesOnFor?: number;
  /** How often each connection is pinged, in milliseconds. */
  heartbeat?: number;
  /** For how long the relay's credentials are good, in seconds. */
  relayLifetime?: number;
  /** How often allocations that should not be there are looked for, in milliseconds. */
  relaySweepEvery?: number;
  /** How often the quality of media is measured, in milliseconds. */
  qualityEvery?: number;
  /** Where the built client is. */
  clientFolder?: string;
  /** How long a client may take to send a request's body, in milliseconds. */
  bodyWithin?: number;
  /** How often sessions that have expired are looked for, in milliseconds. */
  sweepEvery?: number;
}

export interface App {
  /** Begins to accept connections, and tells at which port. */
  listen(): Promise<number>;
  /** What the operator still has to do before anyone can sign in, if anything. */
  hint(): Promise<string | undefined>;
  /**
   * Closes everything, once. Nothing new begins, everyone is told, what was asked is answered; then sockets close with
   * 1012, and clients and calls come back to the next server.
   */
  close(): Promise<void>;
}

interface Given {
  /** The operator's door, which outlives the app. */
  control: ControlSocket;
  logger: Logger;
}

/** The composition root: builds everything from the settings. */
export async function createApp(
  config: Config,
  { control, logger }: Given,
  {
    deadlines,
    goesOnFor,
    heartbeat,
    relayLifetime,
    relaySweepEvery,
    qualityEvery,
    clientFolder = CLIENT_FOLDER,
    bodyWithin,
    sweepEvery,
  }: Overrides = {},
): Promise<App> {
  // Before anything that has to be closed again.
  const certificates = await openCertificates(config, logger);
  const { secret, database } = await openData(config);
  const metrics = new Metrics();
  const relayedAddress = await relayedAddressOf(config);
  const workers = await startWorkers(config, { relayedAddress, observer: metrics.media, logger });
  const tlsPort = () => Number(config.PUBLIC_URL?.port ?? 0) || (config.PUBLIC_URL ? 443 : portOf(listener));
  const overTls = certificates !== undefined;
  const relay = await startRelay(config, {
    relayedAddress,
    overTls,
    tlsPort,
    sweepEvery: relaySweepEvery,
    logger,
  });
  const addresses = new AnnouncedAddresses({
    configured: config.MEDIA_ADDRESSES,
    publicName: config.PUBLIC_URL?.hostname,
    relayed: relayedAddress,
  });
  await addresses.start();

  const facts = new FactBus({ logger });
  const connections = new Connections();
  const accountRepository = new SqlAccountRepository(database);
  const directory = new Directory(await accountRepository.listNames());
  const settingsRepository = new SqlSettingsRepository(database);
  const blocks = new Blocks(await settingsRepository.listBlocks());
  const people = new PeopleService({ directory, blocks, notifier: connections });
  const registration = new Registration({
    state: new SqlServerStateRepository(database),
    initial: config.REGISTRATION,
    invitations: new SqlInvitationRepository(database),
  });
  const hasher = new PasswordHasher();
  const sessions = new SessionService({
    sessions: new SqlSessionRepository(database),
    days: config.SESSION_DAYS,
    facts,
  });
  const devices = new KnownDevices({ devices: new SqlKnownDeviceRepository(database) });
  const accounts = new AccountService({
    accounts: accountRepository,
    registration,
    hasher,
    devices,
    limits: new SignInLimits({ factor: config.RATE_LIMIT_FACTOR }),
    facts,
  });
  const chat = new ChatService({
    conversations: new SqlConversationRepository(database),
    messages: new SqlMessageRepository(database),
    people,
    facts,
  });
  const seen = new RoutesSeen();
  const announceNow: Announce = (candidates) => announce(candidates, addresses.list());
  const makeRooms = () =>
    new MediaRooms({
      workers,
      announce: announceNow,
      announceSettled: () => addresses.settled(),
      logger,
    });
  const media = makeRooms();
  media.onEvent((event) => {
    if (event.type !== 'up') return;
    for (const path of event.paths) {
      metrics.media.connected(path.protocol);
      seen.addPath(path);
    }
  });
  const quality = new QualitySampler({ rooms: media, observer: metrics.media, every: qualityEvery, logger });
  const checks = new CallChecks({
    media: makeRooms(),
    protocols: workers.protocols,
    relayedAddress: workers.relayedAddress,
    seen,
    onClosed: (checkId) => relay?.end(checkId),
    rateLimitFactor: config.RATE_LIMIT_FACTOR,
  });
  const callRepository = new SqlCallRepository(database);
  const history = new CallHistory({
    calls: callRepository,
    people,
    notifier: connections,
    clock: systemClock,
  });
  const calls = new CallService({
    calls: callRepository,
    callees: new Callees({
      settings: settingsRepository,
      conversations: chat,
      people,
      clock: systemClock,
      rateLimitFactor: config.RATE_LIMIT_FACTOR,
    }),
    settings: settingsRepository,
    people,
    tabs: connections,
    facts,
    clock: systemClock,
    deadlines: { ...DEADLINES, ...deadlines },
    logger,
  });
  const callMedia = new CallMedia({ media, calls, notifier: connections, facts, logger });
  facts.subscribe('callChanged', ({ before, call }) => {
    for (const { participantId, state } of call.legs.values()) {
      if (state === 'left' && before?.legs.get(participantId)?.state !== 'left') relay?.end(participantId);
    }
  });
  const settings = new SettingsService({
    settings: settingsRepository,
    people,
    calls,
    facts,
  });
  const reports = new ReportService({ reports: new SqlReportRepository(database), conversations: chat });
  await calls.restore();
  metrics.watch({
    callStates: () => calls.live().map(stateOf),
    sockets: () => connections.size,
    peopleOnline: () => people.online,
    workersWanted: config.MEDIA_WORKERS,
    workers: () => workers.usage(),
    transports: () => media.countTransports(),
    databaseBytes: () => sizeOf(config.DATA_DIR),
  });
  const admin = new AdminService({
    database: new SqlAdminDatabase(database, config.REGISTRATION),
    hasher,
    facts,
    logger,
  });
  // In this order: people are gone before their calls end, and calls are hung up before connections close.
  // Members of a call hear of its change before others see who is in a call.
  subscribeCallNotices(facts, { connections, people, chat });
  subscribePeople(facts, people);
  subscribeCalls(facts, { calls, history });
  subscribeConnections(facts, { connections, chat, sessions });
  metrics.subscribe(facts);
  const withdraw = control.serve(operatorMethods(admin));

  let closing: Promise<void> | undefined;
  const underWay = new UnderWay();
  const secure = certificates !== undefined || config.PUBLIC_URL?.protocol === 'https:';
  const basePath = new BasePath(basePathOf(config));
  const cookie = new SessionCookie({ secret, scope: new CookieScope({ secure, basePath }) });
  const originPolicy = new OriginPolicy({ publicUrl: config.PUBLIC_URL, encrypted: overTls });
  const proxies = new TrustedProxies(config.TRUSTED_PROXIES);
  const rateLimitFactor = config.RATE_LIMIT_FACTOR;
  const client = readClient(clientFolder, basePath);
  const http = createHttpApp({
    accounts,
    registration,
    admin,
    sessions,
    devices,
    cookie,
    originPolicy,
    basePath,
    client,
    bodyWithin,
    clientOf: (request) => proxies.clientOf(request),
    hindrance: async () => {
      if (closing) return 'restarting';
      if (!(await answers(database))) return 'database';
      return workers.all().length === 0 ? 'media' : undefined;
    },
    restarting: () => closing !== undefined,
    measurements: metrics,
    metricsToken: config.METRICS_TOKEN,
    observer: metrics.traffic,
    rateLimitFactor,
    logger,
  });
  const signaling = new SignalingServer({
    services: {
      people,
      chat,
      calls,
      callMedia,
      history,
      settings,
      reports,
      media,
      capabilities: { rtpCapabilities: { ...ROUTER_CAPABILITIES } },
      connections,
      iceServers: (request) => relay?.iceServers({ lifetime: relayLifetime, ...request }) ?? null,
      checks,
      limits: new UsageLimits({ factor: config.RATE_LIMIT_FACTOR }),
    },
    accounts,
    build: client.build,
    epoch: await new SqlServerStateRepository(database).epoch(),
    goesOnFor: goesOnFor ?? RECONNECT_WITHIN,
    sessions,
    cookie,
    originPolicy,
    clientOf: (request) => (proxies.knows(request) ? proxies.clientOf(request) : undefined),
    rateLimitFactor,
    heartbeat: heartbeat ?? HEARTBEAT_MS,
    observer: metrics.traffic,
    underWay,
    logger,
  });
  const handle = http.callback();
  // Koa answers every error itself, so nothing waits for this promise.
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    void underWay.track(new Promise((resolve) => response.once('close', resolve)));
    void handle(request, response);
  };
  const server = createServer(onRequest);
  basePath.attach(server);
  signaling.attach(server);
  // Whoever's connection the change of an address has cut is back before a minute is over.
  server.on('upgrade', () => addresses.refresh());
  const front = certificates && new Front({ certificates, http: server, relay: relay?.inner });
  const listener: Server = front?.server ?? server;
  const sweep = setInterval(() => {
    const sweeping = [sessions.sweep(), devices.purge()];
    Promise.all(sweeping).catch((error: unknown) =>
      logger.error({ err: error }, 'sessions and devices were not swept'),
    );
  }, sweepEvery ?? SWEEP_EVERY_MS);

  /** Resolves once everyone has been told of what is committed, if that comes to an end. */
  const told = () => Promise.race([facts.settled(), sleep(SETTLE_WITHIN_MS, undefined, { ref: false })]);

  const close = async () => {
    logger.info('stopping');
    withdraw();
    clearInterval(sweep);
    quality.close();
    calls.drain();
    signaling.drain();
    await underWay.settled(DRAIN_WITHIN_MS);
    await told();
    calls.close();
    await signaling.close();
    await new Promise((resolve) => {
      // Where it never listened there is nothing to close, which comes as an error that says so.
      listener.close(resolve);
      server.closeAllConnections();
      front?.closeAllConnections();
    });
    await underWay.settled(SETTLE_WITHIN_MS);
    await told();
    certificates?.close();
    addresses.close();
    await relay?.close();
    await workers.close();
    await database.destroy();
    logger.info('stopped');
  };

  return {
    listen: async () => {
      await listen(listener, config);
      certificates?.start();
      const port = portOf(listener);
      logger.info({ port, restored: calls.live().length }, 'started');
      return port;
    },
    hint: async () =>
      (await accountRepository.listNames()).length === 0
        ? firstAccountHint(await registration.mode())
        : undefined,
    close: () => (closing ??= close()),
  };
}
