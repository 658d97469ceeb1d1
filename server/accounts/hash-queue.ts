import { AppError } from '../errors.ts';

/** Whose turn it is: lanes take turns, and people who are familiar do not wait for strangers. */
export interface Turn {
  /** The network that a stranger comes from, or the account of someone familiar. */
  readonly lane: string;
  /** Signed in, or on a device on which the account has signed in before. */
  readonly familiar: boolean;
}

interface Job {
  readonly run: () => void;
  readonly refuse: () => void;
}

/** Jobs at once: they must not take the threads and memory that calls need. */
const AT_ONCE = 2;
/** How many of these may be jobs of strangers. The other slot is for familiar people, so neither can hold up the other. */
const STRANGERS_AT_ONCE = 1;
/** How many jobs may wait in each of the two groups. At about 10 ms a job the last one runs after two seconds. */
const WAITING_MAX = 200;

/**
 * Runs expensive jobs, few at once. Strangers' networks take turns, however many jobs each of them has. People who are
 * familiar have a slot of their own, and use the strangers' slot only while no stranger waits.
 */
export class HashQueue {
  readonly #strangers = new Lanes(WAITING_MAX);
  readonly #familiar = new Lanes(WAITING_MAX);
  #running = 0;
  #strangersRunning = 0;

  /** @throws {AppError} `overloaded` where too many jobs wait. */
  run<T>({ lane, familiar }: Turn, work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const run = () => {
        this.#count(familiar, 1);
        work()
          .then(resolve, reject)
          .finally(() => {
            this.#count(familiar, -1);
            this.#next();
          });
      };
      const refuse = () => reject(overloaded());
      (familiar ? this.#familiar : this.#strangers).add(lane, { run, refuse });
      this.#next();
    });
  }

  /**
   * Throws where a job of this lane would be refused right now. Asking first saves the work that comes before the job.
   *
   * @throws {AppError} `overloaded`
   */
  assertRoom({ lane, familiar }: Turn): void {
    if (!(familiar ? this.#familiar : this.#strangers).hasRoom(lane)) throw overloaded();
  }

  #next(): void {
    while (this.#running < AT_ONCE) {
      const stranger = this.#strangersRunning < STRANGERS_AT_ONCE ? this.#strangers : undefined;
      const familiarRuns = this.#running > this.#strangersRunning;
      const job = familiarRuns
        ? (stranger?.take() ?? this.#familiar.take())
        : (this.#familiar.take() ?? stranger?.take());
      if (!job) return;
      job.run();
    }
  }

  #count(familiar: boolean, change: 1 | -1): void {
    this.#running += change;
    if (!familiar) this.#strangersRunning += change;
  }
}

/** Jobs that wait, in a queue for each lane. After its turn a lane goes behind all others. */
class Lanes {
  readonly #byLane = new Map<string, Job[]>();
  readonly #max: number;
  #size = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Where all places are taken, the longest lane loses its last job to a shorter one. */
  add(lane: string, job: Job): void {
    if (!this.hasRoom(lane)) {
      job.refuse();
      return;
    }
    if (this.#size >= this.#max) {
      this.#longest().pop()?.refuse();
      this.#size -= 1;
    }
    const jobs = this.#byLane.get(lane) ?? [];
    jobs.push(job);
    this.#byLane.set(lane, jobs);
    this.#size += 1;
  }

  /** Whether a job of this lane finds a place, its own or one that a longer lane has to give up. */
  hasRoom(lane: string): boolean {
    return this.#size < this.#max || this.#longest().length > (this.#byLane.get(lane)?.length ?? 0) + 1;
  }

  take(): Job | undefined {
    // A map keeps the order in which its keys were added.
    const [first] = this.#byLane;
    if (!first) return undefined;
    const [lane, jobs] = first;
    const job = jobs.shift();
    this.#byLane.delete(lane);
    if (jobs.length > 0) this.#byLane.set(lane, jobs);
    this.#size -= 1;
    return job;
  }

  #longest(): Job[] {
    let longest: Job[] = [];
    for (const jobs of this.#byLane.values()) if (jobs.length > longest.length) longest = jobs;
    return longest;
  }
}

const overloaded = () =>
  new AppError('overloaded', 'Too many people are signing in right now. Try again in a moment.', {
    retryAfter: 2,
  });
