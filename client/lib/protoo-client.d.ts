/** The part of protoo-client 4 that we use; the package has no types of its own. */
declare module 'protoo-client' {
  export interface RetryOptions {
    forever?: boolean;
    retries?: number;
    factor?: number;
    minTimeout?: number;
    maxTimeout?: number;
    randomize?: boolean;
  }

  // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- its methods are the peer's business
  export class WebSocketTransport {
    constructor(url: string, options?: { retry?: RetryOptions });
  }

  export interface PeerEvents {
    open: [];
    /** A try to connect was in vain; it goes on trying. */
    failed: [attempt: number];
    /** The connection was lost; it goes on trying. */
    disconnected: [];
    /** Over for good: `close()` was called, or the server closed with code 4000. */
    close: [];
    notification: [notification: { method: string; data: unknown }];
  }

  export class Peer {
    constructor(transport: WebSocketTransport);
    readonly closed: boolean;
    readonly connected: boolean;
    on<E extends keyof PeerEvents>(event: E, listener: (...args: PeerEvents[E]) => void): this;
    removeAllListeners(): this;
    /** Rejects with an `Error` that carries the server's error code as `code`. */
    request(method: string, data?: object): Promise<unknown>;
    close(): void;
  }
}
