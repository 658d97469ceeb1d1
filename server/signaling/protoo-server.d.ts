/** What we use of protoo-server 4, which comes without types. */
declare module 'protoo-server' {
  import type { EventEmitter } from 'node:events';

  export interface Request {
    request: true;
    id: number;
    method: string;
    data: unknown;
  }

  export interface Transport extends EventEmitter {
    readonly closed: boolean;
    close(): void;
    send(message: object): Promise<void>;
  }

  export class Peer extends EventEmitter {
    readonly id: string;
    readonly closed: boolean;
    close(): void;
    notify(method: string, data?: object): Promise<void>;
    on(
      event: 'request',
      listener: (
        request: Request,
        accept: (data: object) => void,
        reject: (code: string | number, reason: string) => void,
      ) => void,
    ): this;
    on(event: 'close', listener: () => void): this;
  }

  export class Room {
    readonly peers: Peer[];
    createPeer(id: string, transport: Transport): Peer;
    getPeer(id: string): Peer | undefined;
    close(): void;
  }
}
