// Waits for the end of the process that started it, whose id is the argument, and then removes what its labs have left; see ../janitor.ts.
import { until } from '../../support/until.ts';
import { removeLeftovers } from '../cleaning.ts';
import { startTime } from '../start-time.ts';

const owner = Number(process.argv[2]);

process.stdin.resume();
process.stdin.once('end', () => {
  // A process closes what it had open before it is gone.
  until('the end of our owner', () => startTime(owner) === undefined)
    .then(removeLeftovers)
    .then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
});
