export type Mark = 'call-click' | 'ringing' | 'answer' | 'remote-frame' | 'remote-audio';

/** Notes a moment of a call in the browser's own timeline, where anyone can measure between two. */
export function mark(name: Mark): void {
  performance.mark(`chataway:${name}`);
}
