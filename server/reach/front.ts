import type { Server as HttpServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { CertificateSource } from './certificate.ts';
import { proxyHeader } from './proxy-protocol.ts';
import type { RelayAddress } from './relay.ts';

/** For each of the steps before the purpose of a connection is known: the handshake, and the first byte after it. */
const PATIENCE_MS = 10_000;
/** A TURN client refreshes what it has every few minutes at most (RFC 8656, 7.3). */
const RELAY_IDLE_MS = 15 * 60_000;
/** STUN's messages and TURN's channels begin below and above this; an allocation comes first (RFC 8656, 12). */
const STUN_BELOW = 4;
/** The protocol in which an authority asks for the certificate of a challenge (RFC 8737). */
const ACME = 'acme-tls/1';
/** `stun.turn` is what a TURN client may ask for (RFC 7443). */
const PROTOCOLS = ['http/1.1', 'stun.turn'];

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
 * authority's challenges (RFC 8737) are answered here as well, with their own certificate.
 */
export class Front {
  readonly #with: Options;
  readonly #patience: number;
  readonly #sockets = new Set<Socket>();
  /** The listener; it is opened and closed like any. */
  readonly server: Server;

  constructor(options: Options) {
    this.#with = options;
    const { certificates, http, patience = PATIENCE_MS } = options;
    this.#patience = patience;
    this.server = createServer(
      {
        ...TLS_OPTIONS,
        ...certificates.current,
        // From the connection on, however many bytes of an unfinished handshake arrive meanwhile.
        handshakeTimeout: patience,
        ALPNCallback: function (this: TLSSocket, { protocols, servername }) {
          // An authority offers it alone (RFC 8737, 3); anybody else gets the usual certificate.
          if (protocols.length !== 1 || protocols[0] !== ACME) {
            return protocols.find((protocol) => PROTOCOLS.includes(protocol));
          }
          const challenge = certificates.challenge(servername);
          if (!challenge) return undefined;
          // In TLS 1.2 the key must be of the same type as the usual one: OpenSSL has chosen the cipher by now.
          this.setKeyCert(challenge);
          return ACME;
        },
      },
      (socket) => this.#sort(socket),
    );
    certificates.onChange((certificate) => this.server.setSecureContext({ ...TLS_OPTIONS, ...certificate }));
    this.server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    });
    // The client is a scanner, or went away: there is nothing to report.
    this.server.on('tlsClientError', (_, socket) => socket.destroy());
    // An HTTP server arms its time-outs and its list of connections when it begins to listen, which this one never does.
    http.emit('listening');
  }

  /** Closes all open connections at once: those of HTTP, and those of relayed media. */
  closeAllConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #sort(socket: TLSSocket): void {
    socket.on('error', () => socket.destroy());
    const late = destroyLater(socket, this.#patience);
    if (socket.alpnProtocol === ACME) {
      socket.end();
      return;
    }
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
 * Destroys the socket after this time, however many bytes arrive meanwhile. The timer does not listen for the socket's
 * 'close': a relayed socket already has as many listeners for it as Node allows before it warns of a leak.
 */
function destroyLater(socket: Socket, milliseconds: number): NodeJS.Timeout {
  return setTimeout(() => socket.destroy(), milliseconds).unref();
}

/** Hands a TURN client's stream to the relay, and says whose it is: its limits must see the true address. */
function handOver(socket: TLSSocket, relay: RelayAddress): void {
  const { remoteAddress, remotePort = 0, localAddress, localPort = 0 } = socket;
  if (remoteAddress === undefined || localAddress === undefined) {
    // The client has gone.
    socket.destroy();
    return;
  }
  const upstream = connect({ ...relay });
  upstream.write(
    proxyHeader({ address: remoteAddress, port: remotePort }, { address: localAddress, port: localPort }),
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
