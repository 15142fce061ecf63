import { GiveUp, RateLimited } from '../../src/errors.ts';
import type { QueuedJob } from '../../src/jobs/enqueue.ts';
import type { Process, Simulation, Step } from './simulation.ts';

/** A job as the queue holds it. */
type Held = {
  readonly queued: QueuedJob;
  state: 'waiting' | 'active' | 'delayed' | 'over';
  attempts: number;
  holder: Process | undefined;
};

// As the product's workers set them.
const stalledAfterMs = 6_000;
const longestBackoffMs = 5_000;

/** A queue's contract: a job is handed out at least once, again when its worker is gone, and added once as long as it is known. */
export class Jobs {
  #held = new Map<string, Held>();
  readonly #simulation: () => Simulation;

  constructor(simulation: () => Simulation) {
    this.#simulation = simulation;
  }

  /** What has been given up: nothing here is without remedy. */
  readonly givenUp: string[] = [];

  /** What was ever added, also again. */
  readonly added: QueuedJob[] = [];

  /** All is lost. */
  empty(): void {
    this.#held = new Map();
  }

  get areOver(): boolean {
    return [...this.#held.values()].every(({ state }) => state === 'over');
  }

  add(jobs: readonly QueuedJob[]): void {
    this.added.push(...jobs);
    for (const queued of jobs)
      if (!this.#held.has(queued.id))
        this.#held.set(queued.id, { queued, state: 'waiting', attempts: 0, holder: undefined });
  }

  findLive(ids: readonly string[]): string[] {
    return ids.filter((id) => (this.#held.get(id)?.state ?? 'over') !== 'over');
  }

  next(): Held | undefined {
    for (const held of this.#held.values()) if (held.state === 'waiting') return held;
    return undefined;
  }

  /** Hands a job out, until its worker says what has become of it, or is gone. */
  take(held: Held, holder: Process | undefined): void {
    Object.assign(held, { state: 'active', holder, attempts: held.attempts + 1 });
    this.#watch(held, held.attempts);
  }

  #watch(held: Held, attempt: number): void {
    const { time } = this.#simulation();
    time.set(stalledAfterMs, () => {
      if (held.state !== 'active' || held.attempts !== attempt) return;
      const { holder } = held;
      if (holder?.isAlive && holder.frozenUntilMs <= time.elapsedMs) this.#watch(held, attempt);
      else held.state = 'waiting';
    });
  }

  /** What a worker says; of a job that is no longer its own, or is lost, it says it in vain. */
  end(held: Held, attempt: number, error: unknown): void {
    if (held.attempts !== attempt || held.state !== 'active') return;
    if (error instanceof GiveUp) this.givenUp.push(`a ${held.queued.job.kind} has given up: ${error.message}`);
    held.state = error === undefined || error instanceof GiveUp ? 'over' : 'delayed';
    if (held.state === 'over') return;
    const most = Math.min(250 * 2 ** Math.min(attempt - 1, 10), longestBackoffMs);
    const { time } = this.#simulation();
    const waitMs = error instanceof RateLimited ? error.waitMs : 1 + time.chance(most);
    time.set(waitMs, () => {
      if (held.state === 'delayed') held.state = 'waiting';
    });
  }
}

type Port = Readonly<{ process: Process; simulation: Simulation; jobs: Jobs }>;

/** An exchange with something that answers at once, or is not heard. */
export function exchange<T>(
  { process, simulation }: Pick<Port, 'process' | 'simulation'>,
  {
    to,
    what,
    isReady = () => true,
    twice,
  }: Pick<Step, 'to'> & Partial<Pick<Step, 'isReady'>> & Readonly<{ what: string; twice?: () => void }>,
  act: () => T,
  lost: () => Error = () => new Error('Connection is closed.'),
): Promise<T> {
  return new Promise((resolve, reject) => {
    simulation.ask({
      process,
      to,
      what: () => () => what,
      isReady,
      act: () => {
        const answer = act();
        return () => resolve(answer);
      },
      lose: () => () => reject(lost()),
      ...(twice && { repeat: twice }),
    });
  });
}

/** What a process adds jobs by, and finds them. */
export function producerOf({ jobs, ...around }: Port) {
  return {
    enqueueAll: (added: readonly QueuedJob[]) =>
      exchange(around, { to: 'queue', what: `add ${added.map(({ id, job }) => `${job.kind} ${id}`).join(', ')}` }, () =>
        jobs.add(added),
      ),
    findLive: (_queue: string, ids: readonly string[]) =>
      exchange(around, { to: 'queue', what: `find ${ids.join(', ')}` }, () => jobs.findLive(ids)),
  };
}

/** Works jobs one after the other, as long as its process lives. */
export async function workJobs(port: Port, perform: (job: QueuedJob) => Promise<unknown>): Promise<never> {
  const { jobs, simulation, process } = port;
  for (;;) {
    const what = { to: 'queue', what: 'take a job', isReady: () => jobs.next() !== undefined } as const;
    let taken: Held | undefined;
    const twice = () => {
      if (taken) taken.state = 'waiting';
    };
    const held = await exchange(port, { ...what, twice }, () => {
      taken = jobs.next();
      if (taken) jobs.take(taken, process);
      return taken;
    }).catch(() => {
      // Its worker has not heard of it.
      if (taken) taken.holder = undefined;
      return undefined;
    });
    if (!held) continue;
    const attempt = held.attempts;
    const error = await perform(held.queued).then(
      () => undefined,
      (reason: unknown) => reason ?? new Error('nothing'),
    );
    const end = {
      to: 'queue',
      what: `end ${held.queued.job.kind} ${held.queued.id}${error === undefined ? '' : `: ${error instanceof Error ? error.name : ''}`}`,
    } as const;
    await exchange({ process, simulation }, end, () => jobs.end(held, attempt, error)).catch(() => {
      // A word that is lost ends its lease; another worker does the job again.
      held.holder = undefined;
    });
  }
}
