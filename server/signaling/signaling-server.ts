import { connectQuery, type ConnectQuery } from '#protocol/common';
import {
  CLOSE_RESTART,
  CLOSE_SESSION_ENDED,
  FRAME_MAX,
  SOCKET_PATH,
  SOCKET_SUBPROTOCOL,
} from '#protocol/limits';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Room } from 'protoo-server';
import { WebSocketServer, type WebSocket } from 'ws';
import { AppError, internalError, restartingError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { assertOneHost, type OriginPolicy } from '../sessions/origin-policy.ts';
import { notSignedIn, type Identity } from '../sessions/session.ts';
import { Connection, type Approach } from './connection.ts';
import { Dispatcher } from './dispatcher.ts';
import { createMethods, type Services } from './methods.ts';
import type { SignalingObserver } from './observer.ts';
import { presentSnapshot } from './snapshot.ts';
import type { AccountService } from '../accounts/account-service.ts';
import type { SessionService } from '../sessions/session-service.ts';
import type { SessionCookie } from '../sessions/cookie.ts';
import type { UnderWay } from '../under-way.ts';

interface Options {
  services: Services;
  accounts: AccountService;
  /** Names the client that is served. */
  build: string;
  /** Names this course of the database's history. */
  epoch: string;
  /** How long a tab without a connection goes on with its call, in milliseconds. */
  goesOnFor: number;
  sessions: SessionService;
  cookie: SessionCookie;
  originPolicy: OriginPolicy;
  /** The address that a request came from, behind whatever proxies there are; undefined where it is not known. */
  clientOf: (request: IncomingMessage) => string | undefined;
  /** Multiplies the rate limit. */
  rateLimitFactor: number;
  /** How often each connection is pinged, in milliseconds. */
  heartbeat: number;
  observer: SignalingObserver;
  /** Told of every request until it is answered. */
  underWay: UnderWay;
  logger: Logger;
}

/** How often each client is pinged; one that has not answered by the next ping is gone. */
export const HEARTBEAT_MS = 8_000;
/** Connections that one account may have: each tab is one. */
const CONNECTIONS_PER_ACCOUNT = 50;
/**
 * How long the server waits for clients to say goodbye, too. Somewhere there is always one that sleeps, and all the
 * others wait for the next server; whoever is farther away has been told all the same.
 */
const CLOSE_WITHIN_MS = 300;

/** The WebSocket edge: upgrades, connections, requests. */
export class SignalingServer {
  readonly #with: Options;
  readonly #dispatcher: Dispatcher;
  readonly #room = new Room();
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_MAX,
    perMessageDeflate: false,
    handleProtocols: (protocols) => (protocols.has(SOCKET_SUBPROTOCOL) ? SOCKET_SUBPROTOCOL : false),
  });
  readonly #alive = new WeakSet<WebSocket>();
  readonly #heartbeat: NodeJS.Timeout;
  #draining = false;

  constructor(options: Options) {
    this.#with = options;
    this.#dispatcher = new Dispatcher({ ...options, methods: createMethods(options.services) });
    this.#heartbeat = setInterval(() => this.#checkHearts(), options.heartbeat);
  }

  /** Takes over the upgrades of an HTTP server. */
  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      // A client that resets the connection during the upgrade concerns nobody else.
      socket.on('error', () => socket.destroy());
      this.#upgrade(request, socket, head).catch((error: unknown) => {
        const requestId = randomUUID();
        const refusal = error instanceof AppError ? error : internalError(requestId);
        if (refusal !== error) this.#with.logger.error({ requestId, err: error }, 'an upgrade failed');
        this.#with.observer.failed('socket', refusal.code);
        refuse(socket, refusal);
      });
    });
  }

  /** Tells everyone that the server is about to stop; nobody comes in any more. */
  drain(): void {
    this.#draining = true;
    const { connections } = this.#with.services;
    connections.toConnections(
      connections.all().map(({ id }) => id),
      'restarting',
      {},
    );
  }

  /** Closes every connection so that clients come back, to this server or the next; resolves when they have gone. */
  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    const gone = [...this.#sockets.clients].map((webSocket) => once(webSocket, 'close'));
    for (const connection of this.#with.services.connections.all()) connection.close(CLOSE_RESTART);
    this.#sockets.close();
    await Promise.race([Promise.all(gone), sleep(CLOSE_WITHIN_MS)]);
    for (const webSocket of this.#sockets.clients) webSocket.terminate();
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (this.#draining) throw restartingError();
    assertOneHost(request);
    const address = URL.parse(request.url ?? '/', 'http://localhost');
    if (address?.pathname !== SOCKET_PATH) throw new AppError('not_found', 'There is no WebSocket here.');
    this.#with.originPolicy.assertOwn(request, { required: true });
    const identity = await this.#with.sessions.identify(this.#with.cookie.read(request));
    if (identity === undefined) throw notSignedIn();
    const query = connectQuery.safeParse(Object.fromEntries(address.searchParams));
    if (!query.success) throw new AppError('invalid', 'The address names no device and tab.');
    const { connections } = this.#with.services;
    if (connections.countOf(identity.accountId) >= CONNECTIONS_PER_ACCOUNT) {
      throw new AppError('rate_limited', 'Too many tabs are open. Close some.');
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) =>
      this.#open(webSocket, identity, query.data, {
        host: hostOf(request),
        address: this.#with.clientOf(request),
      }),
    );
  }

  #open(webSocket: WebSocket, identity: Identity, seat: ConnectQuery, approach: Approach): void {
    const { services, logger, observer } = this.#with;
    const { connections, people, calls } = services;
    this.#alive.add(webSocket);
    webSocket.on('pong', () => this.#alive.add(webSocket));

    // The same tab is back before we noticed that it had gone: the old connection is dead.
    connections.ofTab(identity.accountId, seat.tab)?.close(CLOSE_RESTART);

    const connection = new Connection(webSocket, identity, seat, approach);
    const peer = this.#room.createPeer(connection.id, connection);
    const context = { connectionId: connection.id, accountId: identity.accountId };
    connections.add(connection);
    this.#dispatcher.serve(connection, peer);
    peer.on('close', () => {
      if (!connections.remove(connection)) return;
      logger.info(context, 'disconnected');
      services.checks.close(connection.id);
      people.disconnect(identity.accountId, connection.id);
      calls.disconnected(identity.accountId, seat.tab);
    });

    observer.opened();
    logger.info(context, 'connected');
    people.connect(identity.accountId, connection.id);
    calls.connected(identity.accountId, seat.tab);
    services.callMedia.connected(identity.accountId, seat.tab);
    this.#greet(connection).catch((error: unknown) => {
      // Whoever is gone again needs none.
      if (connection.closed) return;
      logger.error({ ...context, err: error }, 'a snapshot failed');
      connection.close(CLOSE_RESTART);
    });
  }

  async #greet(connection: Connection): Promise<void> {
    const { services, accounts, build, epoch, goesOnFor, sessions } = this.#with;
    if (!(await sessions.touch(connection.sessionId))) {
      // It ended while this connection came up, and was not there yet to be closed with the others.
      connection.close(CLOSE_SESSION_ENDED);
      return;
    }
    const snapshot = await presentSnapshot(connection, { ...services, accounts, build, epoch, goesOnFor });
    connection.greet(snapshot);
    if (await sessions.takeEmailChange(connection.sessionId)) {
      connection.notify('emailChanged', { email: snapshot.self.email });
    }
  }

  /** A connection that is dead is noticed within two heartbeats. */
  #checkHearts(): void {
    for (const webSocket of this.#sockets.clients) {
      if (!this.#alive.delete(webSocket)) webSocket.terminate();
      else webSocket.ping();
    }
  }
}

/** The name or address that the client has typed, without its port. */
function hostOf({ headers }: IncomingMessage): string {
  return URL.parse(`http://${headers.host ?? ''}`)?.hostname ?? '';
}

/** Answers an upgrade that is refused, as plain HTTP, with the same body as every HTTP error. */
function refuse(socket: Duplex, error: AppError): void {
  const body = JSON.stringify(error.toBody());
  // A client that keeps its half open would keep ours, too.
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ''}\r\n` +
      'Connection: close\r\nContent-Type: application/json\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
