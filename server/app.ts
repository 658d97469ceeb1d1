import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/load.ts';
import { firstAccountHint } from './accounts/first-account.ts';
import { operatorMethods } from './admin/operator.ts';
import { composeDomain } from './app/domain.ts';
import { composeEdges } from './app/edges.ts';
import { composeMedia } from './app/media.ts';
import type { Overrides } from './app/overrides.ts';
import { subscribeAll } from './app/subscriptions.ts';
import { stateOf } from './calls/call.ts';
import type { ControlSocket } from './control/control-socket.ts';
import { SqlAccountRepository } from './db/account-repository.ts';
import { sizeOf } from './db/database.ts';
import { FactBus } from './fact-bus.ts';
import type { Logger } from './logger.ts';
import { Metrics } from './metrics/metrics.ts';
import { Connections } from './signaling/connections.ts';
import { listen, openCertificates, openData, portOf } from './start.ts';

const SWEEP_EVERY_MS = 60 * 1000;
/** How long answers to what was asked before the server stops may take. */
const DRAIN_WITHIN_MS = 5_000;
/** How long what clients that have gone have asked may take. */
const SETTLE_WITHIN_MS = 1_000;

export interface App {
  /** Begins to accept connections; resolves with the port. */
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
  /** The operator's socket, which outlives the app. */
  control: ControlSocket;
  logger: Logger;
}

/** The composition root: builds media, services and edges from the settings, and closes them in order. */
export async function createApp(
  config: Config,
  { control, logger }: Given,
  overrides: Overrides = {},
): Promise<App> {
  // Before anything that has to be closed again.
  const certificates = await openCertificates(config, logger);
  const { secret, database } = await openData(config);
  const metrics = new Metrics();
  const facts = new FactBus({ logger });
  const connections = new Connections();
  let closing: Promise<void> | undefined;

  const tlsPort = () =>
    Number(config.PUBLIC_URL?.port ?? 0) || (config.PUBLIC_URL ? 443 : portOf(edges.listener));
  const parts = await composeMedia(config, {
    metrics,
    overTls: certificates !== undefined,
    tlsPort,
    overrides,
    logger,
  });
  const { media, workers, relay } = parts;
  const { deadlines } = overrides;
  const domain = await composeDomain(config, { database, facts, media, connections, deadlines, logger });
  subscribeAll(facts, { domain, connections, relay, metrics });
  const edges = await composeEdges(config, {
    domain,
    parts,
    connections,
    metrics,
    database,
    secret,
    certificates,
    closing: () => closing !== undefined,
    overrides,
    logger,
  });
  const { calls, people, sessions, devices, admin, registration } = domain;
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
  const withdraw = control.serve(operatorMethods(admin));
  const sweep = setInterval(() => {
    Promise.all([sessions.sweep(), devices.purge()]).catch((error: unknown) =>
      logger.error({ err: error }, 'sessions and devices were not swept'),
    );
  }, overrides.sweepEvery ?? SWEEP_EVERY_MS);

  /** Resolves once subscribers are done with what is committed, if that comes to an end. */
  const factsHandled = () =>
    Promise.race([facts.settled(), sleep(SETTLE_WITHIN_MS, undefined, { ref: false })]);

  const close = async () => {
    logger.info('stopping');
    withdraw();
    clearInterval(sweep);
    calls.drain();
    edges.signaling.drain();
    await edges.underWay.settled(DRAIN_WITHIN_MS);
    await factsHandled();
    calls.close();
    await edges.close();
    await edges.underWay.settled(SETTLE_WITHIN_MS);
    await factsHandled();
    certificates?.close();
    await parts.close();
    await database.destroy();
    logger.info('stopped');
  };

  return {
    listen: async () => {
      await listen(edges.listener, config);
      certificates?.start();
      const port = portOf(edges.listener);
      logger.info({ port, restored: calls.live().length }, 'started');
      return port;
    },
    hint: async () =>
      (await new SqlAccountRepository(database).listNames()).length === 0
        ? firstAccountHint(await registration.mode())
        : undefined,
    close: () => (closing ??= close()),
  };
}
