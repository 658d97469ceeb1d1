import type { Server as HttpServer } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { createSecureContext, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { CertificateSource } from './certificate.ts';
import { wantsAcme } from './client-hello.ts';
import { plainAddress } from './plain-address.ts';
import { proxyHeader } from './proxy-protocol.ts';
import type { RelayAddress } from './relay.ts';

/** For each of the steps before it is told what a connection is for: the first message, the handshake, the first byte. */
const PATIENCE_MS = 10_000;
/** A TURN client refreshes what it has every few minutes at most (RFC 8656, 7.3). */
const RELAY_IDLE_MS = 15 * 60_000;
/** STUN's messages and TURN's channels begin below and above this; an allocation comes first (RFC 8656, 12). */
const STUN_BELOW = 4;

interface Options {
  certificates: CertificateSource;
  /** Gets what is HTTP and WebSocket; it listens nowhere itself. */
  http: HttpServer;
  /** Where the relay expects the PROXY protocol; undefined where there is none. */
  relay: RelayAddress | undefined;
  /** In milliseconds; tests have less. */
  patience?: number;
}

/**
 * TLS 1.2 only with forward secrecy and authenticated encryption (RFC 9325, 4.2): no CBC, no RSA key exchange. All suites
 * of TLS 1.3 have both.
 */
const TLS_OPTIONS = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
} as const;

/**
 * One port for everything that is encrypted: it takes TLS, and tells HTTP from TURN by the first byte after the
 * handshake. So a network that lets only 443/TCP through has calls too, with one name and one certificate. The
 * authority's challenges (RFC 8737) are answered here as well.
 */
export class Front {
  readonly #with: Options;
  readonly #tls;
  readonly #challenges;
  readonly #patience: number;
  readonly #sockets = new Set<Socket>();
  /** The listener; it is opened and closed like any. */
  readonly server: Server;

  constructor(options: Options) {
    this.#with = options;
    const { certificates, patience = PATIENCE_MS } = options;
    this.#patience = patience;
    this.#tls = createTlsServer(
      {
        ...TLS_OPTIONS,
        ...certificates.current,
        handshakeTimeout: patience,
        // `stun.turn` is what a TURN client may ask for (RFC 7443).
        ALPNCallback: ({ protocols }) => protocols.find((one) => one === 'http/1.1' || one === 'stun.turn'),
      },
      (socket) => this.#sort(socket),
    );
    certificates.onChange((certificate) => this.#tls.setSecureContext({ ...TLS_OPTIONS, ...certificate }));
    this.#challenges = createTlsServer(
      {
        handshakeTimeout: patience,
        ALPNProtocols: ['acme-tls/1'],
        SNICallback: (name, answer) => {
          const certificate = certificates.challenge(name);
          answer(null, certificate && createSecureContext(certificate));
        },
      },
      (socket) => socket.end(),
    );
    for (const server of [this.#tls, this.#challenges]) {
      // A scanner, or a client that went away: nobody's concern.
      server.on('tlsClientError', (_, socket) => socket.destroy());
    }
    this.server = createServer((socket) => this.#greet(socket));
    // An HTTP server arms its time-outs and its list of connections when it begins to listen, which this one never does.
    options.http.emit('listening');
  }

  /** Cuts what is connected: HTTP's connections, and relayed media. */
  closeAllConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Reads the first message without taking it: which certificate is wanted stands in it. */
  #greet(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const late = destroyLater(socket, this.#patience);
    let hello = Buffer.alloc(0);
    const read = () => {
      const more: unknown = socket.read();
      if (!Buffer.isBuffer(more)) return;
      hello = Buffer.concat([hello, more]);
      const acme = wantsAcme(hello);
      if (acme === undefined) return;
      socket.off('readable', read);
      clearTimeout(late);
      socket.unshift(hello);
      (acme ? this.#challenges : this.#tls).emit('connection', socket);
    };
    socket.on('readable', read);
  }

  #sort(socket: TLSSocket): void {
    socket.on('error', () => socket.destroy());
    const late = destroyLater(socket, this.#patience);
    socket.once('readable', () => {
      clearTimeout(late);
      const first: unknown = socket.read();
      if (!Buffer.isBuffer(first)) {
        socket.destroy();
        return;
      }
      socket.unshift(first);
      const { http, relay } = this.#with;
      if (relay && first.readUInt8() < STUN_BELOW) handOver(socket, relay);
      else http.emit('connection', socket);
    });
  }
}

/**
 * A time that a byte now and then does not prolong. It does not wait for the socket to close: a relayed one has as many
 * listeners for that already as Node takes for no leak.
 */
function destroyLater(socket: Socket, milliseconds: number): NodeJS.Timeout {
  return setTimeout(() => socket.destroy(), milliseconds).unref();
}

/** Hands a TURN client's stream to the relay, and says whose it is: its limits must see the true address. */
function handOver(socket: TLSSocket, relay: RelayAddress): void {
  const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 } = socket;
  const upstream = connect({ ...relay });
  upstream.write(
    proxyHeader(
      { address: plainAddress(remoteAddress), port: remotePort },
      { address: plainAddress(localAddress), port: localPort },
    ),
  );
  socket.setNoDelay(true);
  upstream.setNoDelay(true);
  socket.setTimeout(RELAY_IDLE_MS, () => socket.destroy());
  pipeline(socket, upstream, socket, () => {
    // Whichever side ended, the other has nobody to talk to.
    socket.destroy();
    upstream.destroy();
  });
}
