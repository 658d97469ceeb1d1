/** The value below which this share of the samples lies, interpolated; NaN where there is no sample. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined) return NaN;
  return below + (above - below) * (place - Math.floor(place));
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** The columns of most figures. Under 100 samples a p99 would only be the greatest. */
export function spread(samples: readonly number[]): Record<string, number> {
  return {
    median: median(samples),
    p95: quantile(samples, 0.95),
    ...(samples.length >= 100 && { p99: quantile(samples, 0.99) }),
    n: samples.length,
  };
}

/** Ratios of pairs that were measured right after one another, so that both saw the same machine. */
export function ratioSpread(
  pairs: readonly (readonly [ours: number, anchor: number])[],
): Record<string, number> {
  const ratios = pairs.map(([ours, anchor]) => ours / anchor);
  return {
    median: median(ratios),
    least: Math.min(...ratios),
    greatest: Math.max(...ratios),
    n: ratios.length,
  };
}
