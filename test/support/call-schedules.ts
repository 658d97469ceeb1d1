import fc from 'fast-check';
import type { Step } from './call-world.ts';

/** What 2 to 4 people with 1 to 3 devices each do: groups of steps, and the steps of a group at once. */
export interface Schedule {
  people: number;
  devices: number;
  groups: Step[][];
}

const who = fc.nat(3);
const device = fc.nat(2);
const kind = fc.constantFrom('voice' as const, 'video' as const);
/** Around the deadlines: just short of them, and just beyond. */
const milliseconds = fc.constantFrom(100, 5_000, 9_999, 10_001, 15_001, 30_001, 59_000, 61_000, 91_000);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('invite' as const), who, device, whom: who, kind }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('accept' as const), who, device }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('alert' as const), who }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('mediaUp' as const), who }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constantFrom('mediaDown' as const, 'decline' as const), who }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('hangUp' as const), who }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constantFrom('drop' as const, 'resume' as const), who, device }),
  },
);

const alone: fc.Arbitrary<Step[]> = fc.oneof(
  fc.constant<Step[]>([{ type: 'restart' }]),
  milliseconds.map((passed): Step[] => [{ type: 'pass', milliseconds: passed }]),
);

export const schedules: fc.Arbitrary<Schedule> = fc.record({
  people: fc.integer({ min: 2, max: 4 }),
  devices: fc.integer({ min: 1, max: 3 }),
  groups: fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.array(step, { minLength: 1, maxLength: 4 }) },
      { weight: 1, arbitrary: alone },
    ),
    { minLength: 1, maxLength: 12 },
  ),
});
