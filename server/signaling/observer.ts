import type { ErrorCode } from '#protocol/errors';

/** Is told of what comes over the WebSocket, to count it. */
export interface SignalingObserver {
  opened(): void;
  /** An upgrade was refused. */
  failed(channel: 'socket', code: ErrorCode): void;
  /** A request was answered. `method` is one that there is, or `unknown`. */
  answered(method: string, code: ErrorCode | 'ok', seconds: number): void;
}
