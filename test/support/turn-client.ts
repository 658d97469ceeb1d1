import type { IceServers } from '#protocol/media';
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect as connectTcp, isIPv6, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import {
  ATTRIBUTES,
  type Attribute,
  CLASSES,
  type End,
  METHODS,
  padded,
  StunMessage,
} from './stun-message.ts';

export type Way = 'udp' | 'tcp' | 'tls';
export type Credentials = Pick<IceServers['servers'][number], 'username' | 'credential'>;
export interface Allocation {
  readonly code: number;
  readonly mapped?: End;
  readonly relayed?: End;
}

export interface Seat {
  readonly way: Way;
  readonly port: number;
  /** The relay's address. */
  readonly to?: string;
  /** Ours, of those of this machine. */
  readonly from?: string;
  readonly credentials?: Credentials | undefined;
  /** Said in place of the realm that the relay tells. */
  readonly realm?: string;
}

/** The bytes under a client: whole messages come out of it, whatever carries them. */
interface Wire {
  readonly local: End;
  /** Whether the relay has closed it, which it does with streams alone. */
  readonly closed: boolean;
  send(bytes: Buffer): void;
  close(): void;
}

const RESEND_AFTER_MS = 500;
const GIVE_UP_AFTER_MS = 10_000;
export const UDP = 17;
export const TCP = 6;

/** A client of a TURN relay that says exactly what it is told to, so also what no browser would. */
export class TurnClient implements Disposable {
  /** What was relayed to us, in the order of arrival; `from` is a channel's number where it came by one. */
  readonly received: { readonly from: End | number; readonly data: Buffer }[] = [];
  readonly #seat: Seat;
  readonly #pending = new Map<string, (answer: StunMessage) => void>();
  #wire: Wire | undefined;
  #realm: Buffer | undefined;
  #nonce: Buffer | undefined;

  private constructor(seat: Seat) {
    this.#seat = seat;
  }

  static async open(seat: Seat): Promise<TurnClient> {
    const client = new TurnClient(seat);
    client.#wire = await (seat.way === 'udp' ? udp : stream)(seat, (bytes) => client.#receive(bytes));
    return client;
  }

  /** Our own end of the way to the relay. */
  get local(): End {
    return this.#wired.local;
  }

  /** Whether the relay has closed the connection; it never does by UDP. */
  get closed(): boolean {
    return this.#wired.closed;
  }

  allocate(...attributes: Attribute[]): Promise<Allocation> {
    return this.#allocate(UDP, attributes);
  }

  /** For connections to peers (RFC 6062). */
  allocateTcp(): Promise<Allocation> {
    return this.#allocate(TCP, []);
  }

  /** 0 where the relay lets data of this peer through, else the error's code. */
  async permit(...peers: readonly End[]): Promise<number> {
    const message = request(METHODS.createPermission);
    return this.#code(
      message.with(...peers.map((peer) => message.addressAttribute(ATTRIBUTES.xorPeerAddress, peer))),
    );
  }

  async bindChannel(channel: number, peer: End): Promise<number> {
    const number = Buffer.alloc(4);
    number.writeUInt16BE(channel);
    const message = request(METHODS.channelBind);
    return this.#code(
      message.with(
        [ATTRIBUTES.channelNumber, number],
        message.addressAttribute(ATTRIBUTES.xorPeerAddress, peer),
      ),
    );
  }

  async connect(peer: End): Promise<number> {
    const message = request(METHODS.connect);
    return this.#code(message.with(message.addressAttribute(ATTRIBUTES.xorPeerAddress, peer)));
  }

  async refresh(seconds: number): Promise<number> {
    return this.#code(request(METHODS.refresh, [ATTRIBUTES.lifetime, number32(seconds)]));
  }

  /** A Send indication, to which there is no answer. */
  send(peer: End, data: Buffer): void {
    const message = StunMessage.make(METHODS.send | CLASSES.indication, []);
    const peerAttribute = message.addressAttribute(ATTRIBUTES.xorPeerAddress, peer);
    this.#wired.send(message.with(peerAttribute, [ATTRIBUTES.data, data]).encode());
  }

  sendByChannel(channel: number, data: Buffer): void {
    const bytes = Buffer.alloc(4 + padded(data.length));
    bytes.writeUInt16BE(channel);
    bytes.writeUInt16BE(data.length, 2);
    data.copy(bytes, 4);
    this.#wired.send(bytes);
  }

  /** Without credentials. */
  binding(): Promise<StunMessage> {
    return this.#ask(request(METHODS.binding));
  }

  [Symbol.dispose](): void {
    this.#wire?.close();
  }

  get #wired(): Wire {
    if (!this.#wire) throw new Error('not connected yet');
    return this.#wire;
  }

  async #allocate(transport: number, attributes: readonly Attribute[]): Promise<Allocation> {
    const wanted: Attribute = [ATTRIBUTES.requestedTransport, Buffer.from([transport, 0, 0, 0])];
    const answer = await this.#answer(request(METHODS.allocate, wanted, ...attributes));
    const mapped = answer.address(ATTRIBUTES.xorMappedAddress);
    const relayed = answer.address(ATTRIBUTES.xorRelayedAddress);
    return { code: answer.code, ...(mapped && { mapped }), ...(relayed && { relayed }) };
  }

  async #code(message: StunMessage): Promise<number> {
    return (await this.#answer(message)).code;
  }

  /** The answer, with the credentials that the relay asks for first: realm and nonce come with its refusal. */
  async #answer(message: StunMessage): Promise<StunMessage> {
    const answer = await this.#ask(this.#authenticated(message));
    const nonce = answer.get(ATTRIBUTES.nonce);
    const isFirst = this.#nonce === undefined;
    if (nonce) this.#nonce = nonce;
    if (this.#seat.credentials && ((answer.code === 401 && isFirst) || answer.code === 438)) {
      this.#realm = answer.get(ATTRIBUTES.realm);
      return this.#ask(
        this.#authenticated(StunMessage.make(message.type, message.attributes, message.transaction)),
      );
    }
    return answer;
  }

  #authenticated(message: StunMessage): StunMessage {
    const { credentials, realm: ownRealm } = this.#seat;
    if (!credentials || !this.#nonce) return message;
    const { username, credential } = credentials;
    const realm = ownRealm ?? this.#realm?.toString() ?? '';
    const key = createHash('md5').update(`${username}:${realm}:${credential}`).digest();
    return message
      .with(
        [ATTRIBUTES.username, Buffer.from(username)],
        [ATTRIBUTES.realm, Buffer.from(realm)],
        [ATTRIBUTES.nonce, this.#nonce],
      )
      .signed(key);
  }

  async #ask(message: StunMessage): Promise<StunMessage> {
    const id = message.transaction.toString('hex');
    const bytes = message.encode();
    const resend =
      this.#seat.way === 'udp' ? setInterval(() => this.#wired.send(bytes), RESEND_AFTER_MS) : undefined;
    try {
      return await new Promise<StunMessage>((resolve, reject) => {
        this.#pending.set(id, resolve);
        setTimeout(() => reject(new Error('the relay does not answer')), GIVE_UP_AFTER_MS).unref();
        this.#wired.send(bytes);
      });
    } finally {
      clearInterval(resend);
      this.#pending.delete(id);
    }
  }

  #receive(bytes: Buffer): void {
    if (bytes.readUInt8() >= 0x40) {
      const data = bytes.subarray(4, 4 + bytes.readUInt16BE(2));
      this.received.push({ from: bytes.readUInt16BE(0), data });
      return;
    }
    const message = StunMessage.parse(bytes);
    if (message.isAnswer) {
      this.#pending.get(message.transaction.toString('hex'))?.(message);
      return;
    }
    const from = message.address(ATTRIBUTES.xorPeerAddress);
    const data = message.get(ATTRIBUTES.data);
    if (from && data) this.received.push({ from, data });
  }
}

const request = (method: number, ...attributes: Attribute[]) => StunMessage.make(method, attributes);

function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

async function udp({ port, to = '127.0.0.1', from }: Seat, receive: (bytes: Buffer) => void): Promise<Wire> {
  const socket = createSocket(isIPv6(to) ? 'udp6' : 'udp4');
  socket.on('message', receive);
  socket.bind({ ...(from !== undefined && { address: from }) });
  await once(socket, 'listening');
  socket.connect(port, to);
  await once(socket, 'connect');
  // Refused by ICMP: the answer that is missing tells it.
  socket.on('error', () => undefined);
  return {
    local: socket.address(),
    closed: false,
    send: (bytes) => socket.send(bytes),
    close: () => socket.close(),
  };
}

async function stream(seat: Seat, receive: (bytes: Buffer) => void): Promise<Wire> {
  const { way, port, to = '127.0.0.1', from } = seat;
  const tcp = connectTcp({ host: to, port, ...(from !== undefined && { localAddress: from }) });
  await once(tcp, 'connect');
  tcp.setNoDelay(true);
  const { localAddress: address = '', localPort = 0 } = tcp;
  const socket: Socket = way === 'tls' ? connectTls({ socket: tcp, servername: 'localhost' }) : tcp;
  if (way === 'tls') await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (part: Buffer) => {
    rest = Buffer.concat([rest, part]);
    for (let length = wholeLength(rest); length <= rest.length; length = wholeLength(rest)) {
      receive(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
  });
  return {
    local: { address, port: localPort },
    get closed() {
      return socket.closed;
    },
    send: (bytes) => socket.write(bytes),
    close: () => {
      socket.destroy();
      tcp.destroy();
    },
  };
}

/** Of the message that begins these bytes of a stream; too many where they do not tell yet. */
function wholeLength(bytes: Buffer): number {
  if (bytes.length < 4) return Infinity;
  const length = bytes.readUInt16BE(2);
  return bytes.readUInt8() >= 0x40 ? 4 + padded(length) : 20 + length;
}
