/**
 * How often a test repeats what depends on chance or takes long: `quick` in every run, `nightly` in
 * `npm run test:nightly`. The environment variable of that name sets another number.
 */
export function repetitions(variable: string, counts: { quick: number; nightly: number }): number {
  const given = process.env[variable];
  if (given === undefined || given === '')
    return process.env['NIGHTLY'] === 'on' ? counts.nightly : counts.quick;
  if (!/^[1-9]\d*$/.test(given))
    throw new Error(`${variable} must be a whole number above zero; it is ${given}`);
  return Number(given);
}
