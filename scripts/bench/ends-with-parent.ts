// Imported first by every script that runs as a child: where the benchmark is gone, by whatever signal, so
// is the child, and the media workers with it.
process.once('disconnect', () => process.exit(0));

/** Sends a message to the benchmark. */
export function tell(message: object): void {
  process.send?.(message);
}
