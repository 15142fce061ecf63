import type { Owner, Time } from './time.ts';

/** What may strike a step. */
export const faults = [
  'crash',
  'crash_after',
  'lost',
  'lost_after',
  'deadlock',
  'redis_emptied',
  'jump',
  'freeze',
  'duplicate',
] as const;
export type Fault = (typeof faults)[number];

/** One exchange with what lies outside of a process. What it brings about is there before its answer is. */
export type Step = Readonly<{
  process: Process;
  /** What is spoken to. */
  to: 'mysql' | 'redis' | 'queue' | 'gateway' | 'endpoint';
  /** What it is about at this moment, for whoever wants to read it later. */
  what(): () => string;
  /** Does it, and returns what tells the answer; undefined: it has to wait for another. */
  act(): (() => void) | undefined;
  /** The connection is lost; returns what tells so. */
  lose(): () => void;
  /** What it hands out is handed out once more. */
  repeat?(): void;
  /** The server refuses it, and undoes what belongs to it. */
  refuse?(): () => void;
  /** Whether there is any use in acting. */
  isReady(): boolean;
  /** Whether it has waited for what is free now: whoever comes after it comes after it. */
  isWoken?(): boolean;
  /** Until when it can wait, ms. */
  patienceMs?: number | undefined;
}>;

/** A process of the platform, or somebody outside of it. */
export class Process implements Owner {
  readonly name: string;
  isAlive = true;
  skewMs = 0;
  frozenUntilMs = 0;
  /** What of it is elsewhere, and ends with it. */
  readonly connections = new Set<Readonly<{ close(): void }>>();

  constructor(name: string) {
    this.name = name;
  }
}

type Striking = (step: Step, count: number) => Fault | undefined;

/** Lets one exchange happen at a time, whichever chance chooses, with a fault now and then. */
export class Simulation {
  readonly time: Time;
  readonly #taken: (readonly [ms: number, step: Step, what: () => string, fault: Fault | undefined])[] = [];
  /** What was thrown where nobody waits. */
  readonly surprises: string[] = [];
  readonly #steps = new Set<Step>();
  readonly #isOrderly: boolean;
  readonly #strike: Striking;
  readonly #empty: () => void;
  readonly #restart: (process: Process) => void;
  count = 0;

  constructor(
    time: Time,
    options: Readonly<{
      /** First come, first served, in the place of chance. */
      isOrderly: boolean;
      strike: Striking;
      /** Empties Redis. */
      empty(): void;
      /** A process has died. */
      restart(process: Process): void;
    }>,
  ) {
    this.time = time;
    this.#isOrderly = options.isOrderly;
    this.#strike = options.strike;
    this.#empty = () => options.empty();
    this.#restart = (process) => options.restart(process);
  }

  /** Asks for an exchange; its owner goes on when the answer is told. */
  ask(step: Step): void {
    if (step.process.isAlive) this.#steps.add(step);
  }

  /** Runs until `isOver` says so or nothing is left to happen; false when that has not been within so many steps. */
  async run(isOver: () => boolean, mostSteps: number): Promise<boolean> {
    for (let left = mostSteps; left > 0; left -= 1) {
      await this.time.settle();
      if (isOver()) return true;
      const [ready, woken] = this.#ready();
      const timers = this.time.due().filter(({ owner }) => !(owner instanceof Process) || !this.#isFrozen(owner));
      const chosen = this.#isOrderly || woken ? 0 : this.time.chance(ready.length + timers.length);
      const [step, timer] = [woken ?? ready[chosen], timers[Math.max(0, chosen - ready.length)]];
      if (step) this.#take(step);
      else if (timer) this.time.ring(timer);
      else if (!this.#passOn()) return isOver();
    }
    return false;
  }

  /** What has happened, a line a step. */
  get trace(): readonly string[] {
    return this.#taken.map(([ms, { process, to }, what, fault]) => {
      const line = `${String(ms).padStart(6)} ms  ${process.name} → ${to}: ${what().replaceAll(/\s+/g, ' ').slice(0, 160)}`;
      return fault ? `${line}  ✗ ${fault}` : line;
    });
  }

  crash(process: Process): void {
    process.isAlive = false;
    for (const step of this.#steps)
      if (step.process === process) {
        step.lose();
        this.#steps.delete(step);
      }
    for (const connection of process.connections) connection.close();
    this.#restart(process);
  }

  /** What can happen now, and what of it comes first. */
  #ready(): readonly [readonly Step[], Step | undefined] {
    const ready: Step[] = [];
    let woken: Step | undefined;
    for (const step of this.#steps) {
      if (!this.#isReady(step)) continue;
      ready.push(step);
      if (!woken && step.isWoken?.()) woken = step;
    }
    return [ready, woken];
  }

  #isReady(step: Step): boolean {
    if (this.#isFrozen(step.process)) return false;
    return step.isReady() || (step.patienceMs !== undefined && step.patienceMs <= this.time.elapsedMs);
  }

  #isFrozen({ frozenUntilMs }: Process): boolean {
    return frozenUntilMs > this.time.elapsedMs;
  }

  #take(step: Step): void {
    this.count += 1;
    this.time.pass(1);
    const fault = this.#strike(step, this.count);
    this.#taken.push([this.time.elapsedMs, step, step.what(), fault]);
    const tell = fault === undefined ? step.act() : this.#actUnder(fault, step);
    if (!tell) return;
    this.#steps.delete(step);
    this.time.as(step.process, tell);
  }

  #actUnder(fault: Fault, step: Step): (() => void) | undefined {
    switch (fault) {
      case 'crash_after':
      case 'crash':
        if (fault === 'crash_after') step.act();
        this.crash(step.process);
        return undefined;
      case 'lost':
        return step.lose();
      case 'lost_after':
        return step.act() && step.lose();
      case 'deadlock':
        return step.refuse ? step.refuse() : step.act();
      case 'redis_emptied':
        this.#empty();
        return step.act();
      case 'jump':
        this.time.pass(1_000 + this.time.chance(30_000));
        return step.act();
      case 'duplicate': {
        const tell = step.act();
        step.repeat?.();
        return tell;
      }
      case 'freeze':
        step.process.frozenUntilMs = this.time.elapsedMs + 1_000 + this.time.chance(30_000);
        return undefined;
    }
  }

  /** Nothing can happen now: time goes on to when something can. */
  #passOn(): boolean {
    let next = Number.POSITIVE_INFINITY;
    // What a frozen process was to do by now waits for it to thaw.
    const hear = (ms = 0) => {
      if (ms > this.time.elapsedMs && ms < next) next = ms;
    };
    hear(this.time.nextDueMs());
    for (const { patienceMs, process } of this.#steps) {
      hear(patienceMs);
      hear(process.frozenUntilMs);
    }
    if (next === Number.POSITIVE_INFINITY) return false;
    this.time.passUntil(next);
    return true;
  }
}
