import { RECONNECT_WITHIN } from '#protocol/limits';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { basePath as basePathOf, type Config } from '../../config/load.ts';
import { BasePath } from '../base-path.ts';
import { answers, type Database } from '../db/database.ts';
import { SqlServerStateRepository } from '../db/server-state-repository.ts';
import { createHttpApp } from '../http/http-app.ts';
import { readClient } from '../http/static.ts';
import type { Logger } from '../logger.ts';
import { ROUTER_CAPABILITIES } from '../media/codecs.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { CertificateSource } from '../reach/certificate.ts';
import { Front } from '../reach/front.ts';
import { TrustedProxies } from '../reach/trusted-proxies.ts';
import { CookieScope, SessionCookie } from '../sessions/cookie.ts';
import { OriginPolicy } from '../sessions/origin-policy.ts';
import type { Connections } from '../signaling/connections.ts';
import { HEARTBEAT_MS, SignalingServer } from '../signaling/signaling-server.ts';
import { UsageLimits } from '../signaling/usage-limits.ts';
import { UnderWay } from '../under-way.ts';
import type { Domain } from './domain.ts';
import type { MediaParts } from './media.ts';
import type { Overrides } from './overrides.ts';

const CLIENT_FOLDER = fileURLToPath(new URL('../../dist/client', import.meta.url));

interface Given {
  domain: Domain;
  parts: MediaParts;
  connections: Connections;
  metrics: Metrics;
  database: Database;
  /** Signs cookies. */
  secret: string;
  /** Undefined on plain HTTP. */
  certificates: CertificateSource | undefined;
  /** Whether the server is about to stop. */
  closing: () => boolean;
  overrides: Overrides;
  logger: Logger;
}

/** How clients reach the services: HTTP, the WebSocket, and TLS before both. */
export interface Edges {
  readonly signaling: SignalingServer;
  /** What listens for clients. */
  readonly listener: Server;
  /** What was asked and is not answered yet. */
  readonly underWay: UnderWay;
  /** Closes the WebSockets, then all connections; resolves when nothing listens any more. */
  close(): Promise<void>;
}

export async function composeEdges(config: Config, given: Given): Promise<Edges> {
  const { domain, parts, connections, metrics, database, secret, certificates, overrides, logger } = given;
  const { RATE_LIMIT_FACTOR: rateLimitFactor, PUBLIC_URL } = config;
  const encrypted = certificates !== undefined;
  const secure = encrypted || PUBLIC_URL?.protocol === 'https:';
  const basePath = new BasePath(basePathOf(config));
  const cookie = new SessionCookie({ secret, scope: new CookieScope({ secure, basePath }) });
  const originPolicy = new OriginPolicy({ publicUrl: PUBLIC_URL, encrypted });
  const proxies = new TrustedProxies(config.TRUSTED_PROXIES);
  const client = readClient(overrides.clientFolder ?? CLIENT_FOLDER, basePath);
  const underWay = new UnderWay();
  const http = createHttpApp({
    ...domain,
    cookie,
    originPolicy,
    basePath,
    client,
    bodyWithin: overrides.bodyWithin,
    clientOf: (request) => proxies.clientOf(request),
    hindrance: async () => {
      if (given.closing()) return 'restarting';
      if (!(await answers(database))) return 'database';
      return parts.workers.all().length === 0 ? 'media' : undefined;
    },
    restarting: given.closing,
    measurements: metrics,
    metricsToken: config.METRICS_TOKEN,
    observer: metrics.traffic,
    rateLimitFactor,
    logger,
  });
  const signaling = new SignalingServer({
    services: {
      ...domain,
      media: parts.media,
      checks: parts.checks,
      capabilities: { rtpCapabilities: { ...ROUTER_CAPABILITIES } },
      connections,
      iceServers: (request) =>
        parts.relay?.iceServers({ lifetime: overrides.relayLifetime, ...request }) ?? null,
      limits: new UsageLimits({ factor: rateLimitFactor }),
    },
    ...domain,
    build: client.build,
    epoch: await new SqlServerStateRepository(database).epoch(),
    goesOnFor: overrides.goesOnFor ?? RECONNECT_WITHIN,
    cookie,
    originPolicy,
    clientOf: (request) => (proxies.knows(request) ? proxies.clientOf(request) : undefined),
    rateLimitFactor,
    heartbeat: overrides.heartbeat ?? HEARTBEAT_MS,
    observer: metrics.traffic,
    underWay,
    logger,
  });
  const handle = http.callback();
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    // Koa answers every error itself, so nothing waits for these promises.
    void underWay.track(new Promise((resolve) => response.once('close', resolve)));
    void handle(request, response);
  });
  basePath.attach(server);
  signaling.attach(server);
  // Clients whose connection a change of address has cut are back before a minute is over.
  server.on('upgrade', () => parts.addresses.refresh());
  const front = certificates && new Front({ certificates, http: server, relay: parts.relay?.inner });
  const listener: Server = front?.server ?? server;
  return {
    signaling,
    listener,
    underWay,
    async close() {
      await signaling.close();
      await new Promise((resolve) => {
        // Where it never listened there is nothing to close, which comes as an error that says so.
        listener.close(resolve);
        server.closeAllConnections();
        front?.closeAllConnections();
      });
    },
  };
}
