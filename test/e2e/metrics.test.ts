import { expect, test } from 'vitest';
import { Scrape } from '../support/metrics.ts';
import { until } from '../support/until.ts';
import { talk } from './call.ts';
import { useStage } from './stage.ts';

const stage = useStage();
const METRICS_TOKEN = 'for the eyes of Prometheus';

test('a call tells how long it took, which way its media goes, and how well', async () => {
  const server = await stage.serve({ METRICS_TOKEN }, { qualityEvery: 500 });
  const [ann, ben] = await stage.pair(server);
  await talk(ann, ben, 'video');
  const scrape = await until('all streams to be measured', async () => {
    const now = await Scrape.of(server.url, METRICS_TOKEN);
    const measured = (direction: string, kind: string) =>
      now.value('chataway_media_score_count', { direction, kind }) ?? 0;
    const all = [
      measured('up', 'audio'),
      measured('up', 'video'),
      measured('down', 'audio'),
      measured('down', 'video'),
    ];
    const roundTrips = now.value('chataway_media_round_trip_seconds_count') ?? 0;
    const ways = now.value('chataway_media_transports');
    return Math.min(...all) >= 4 && roundTrips > 0 && ways === 4 && now;
  });
  expect(scrape.value('chataway_call_setup_seconds_count')).toBe(1);
  expect(scrape.value('chataway_call_setup_seconds_sum')).toBeGreaterThan(0);
  expect(scrape.value('chataway_media_connections_total')).toBeGreaterThanOrEqual(2);
  // On one machine nothing is lost, and a second is far: these are shares, seconds and bytes.
  const mean = (name: string, labels = {}) =>
    (scrape.value(`${name}_sum`, labels) ?? NaN) / (scrape.value(`${name}_count`, labels) ?? NaN);
  expect(mean('chataway_media_loss_ratio')).toBeLessThan(0.5);
  expect(mean('chataway_media_jitter_seconds')).toBeLessThan(1);
  expect(mean('chataway_media_round_trip_seconds')).toBeLessThan(1);
  expect(mean('chataway_media_rate_bytes_per_second', { kind: 'video' })).toBeGreaterThan(1_000);
  expect(mean('chataway_media_rate_bytes_per_second', { kind: 'video' })).toBeLessThan(400_000);
});
