/** How one stream of a call does right now. */
export interface StreamQuality {
  /** Who sends or receives it. */
  readonly participantId: string;
  /** From a client to the server, or the other way. */
  readonly direction: 'up' | 'down';
  readonly kind: 'audio' | 'video';
  /** Of the packets of the last report, 0 to 1. */
  readonly loss: number;
  readonly jitterSeconds: number;
  /** Undefined where no report has told it. */
  readonly roundTripSeconds: number | undefined;
  readonly bytesPerSecond: number;
  /** mediasoup's, 0 to 10. */
  readonly score: number;
}

/** Is told of what happens with media, to count it. */
export interface MediaObserver {
  workerDied(): void;
  measured(stream: StreamQuality): void;
}
