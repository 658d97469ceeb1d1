import type { types } from 'mediasoup-client';
import type { IceServers } from '#protocol/media';
import { theirs } from './media-types.ts';
import { reportMistake } from './mistakes.ts';
import type { Signaling } from './signaling.ts';

/** A restart of ICE that has not connected by then keeps to addresses that lead nowhere, in milliseconds. */
const RESTARTED_WITHIN = 3_000;

export interface IceKeeperOptions {
  signaling: Signaling;
  callId: string;
  transports: readonly types.Transport[];
  /** The relays that they were made with; null where the server has none. */
  iceServers: IceServers | null;
  /** A restart of ICE could not be asked for, or not done. */
  onFailure(error: unknown): void;
  /** The addresses of a transport lead nowhere. Only a join brings those that the server has now. */
  onDead(): void;
}

/** Keeps the ways of transports to the server: restarts ICE where one is lost, and the relays' credentials fresh. */
export class IceKeeper {
  readonly #options: IceKeeperOptions;
  /** Until the credentials are half as old as they may be. */
  #refresh: ReturnType<typeof setTimeout> | undefined;
  readonly #restarts = new Set<ReturnType<typeof setTimeout>>();
  #closed = false;

  constructor(options: IceKeeperOptions) {
    this.#options = options;
    for (const transport of options.transports) {
      transport.on('connectionstatechange', (state) => this.#changed(transport, state));
    }
    this.#refreshLater(options.iceServers);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#refresh);
    for (const timer of this.#restarts) clearTimeout(timer);
  }

  #changed(transport: types.Transport, state: types.ConnectionState): void {
    if (this.#closed) return;
    if (state === 'failed') this.#options.onDead();
    if (state !== 'disconnected') return;
    // What cuts off media may have cut off the socket, too.
    this.#options.signaling.probe();
    this.#restart(transport).catch((error: unknown) => {
      if (!this.#closed) this.#options.onFailure(error);
    });
  }

  async #restart(transport: types.Transport): Promise<void> {
    const { signaling, callId } = this.#options;
    const { iceParameters } = await signaling.request('restartIce', { callId, transportId: transport.id });
    if (this.#closed) return;
    await transport.restartIce({ iceParameters: theirs.iceParameters(iceParameters) });
    // The browser's own verdict takes 15 s.
    const timer = setTimeout(() => {
      this.#restarts.delete(timer);
      if (!this.#closed && transport.connectionState !== 'connected') this.#options.onDead();
    }, RESTARTED_WITHIN);
    this.#restarts.add(timer);
  }

  /** A restart of ICE late in the call needs credentials that are good then. */
  #refreshLater(iceServers: IceServers | null): void {
    if (!iceServers) return;
    const half = (iceServers.lifetime / 2) * 1_000;
    this.#refresh = setTimeout(() => void this.#refreshNow(iceServers), half);
  }

  /** What fails here costs the call nothing now; a way that is lost later is joined afresh, with new credentials. */
  async #refreshNow(before: IceServers): Promise<void> {
    const { signaling, callId, transports } = this.#options;
    let iceServers: IceServers | null = before;
    try {
      ({ iceServers } = await signaling.request('getIceServers', { callId }));
      if (this.#closed) return;
      for (const transport of transports) {
        await transport.updateIceServers({ iceServers: iceServers?.servers ?? [] });
      }
    } catch (error) {
      reportMistake(error);
      // No connection right now; or Firefox, which takes no others for a connection that is made.
    }
    if (!this.#closed) this.#refreshLater(iceServers);
  }
}
