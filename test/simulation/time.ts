import { AsyncLocalStorage } from 'node:async_hooks';
import { syncBuiltinESMExports } from 'node:module';
import { seeded } from '../support/seeded.ts';

/** Whoever may die, taking what it waits for along. */
export type Owner = Readonly<{ isAlive: boolean; skewMs: number }>;
type Timer = Readonly<{
  id: number;
  dueMs: number;
  owner: Owner | undefined;
  ring: () => void;
  everyMs: number | undefined;
}>;

const turnsAtOnce = 64;
const none: readonly Timer[] = [];
const beganAtMs = Date.UTC(2026, 10, 26);
const realSetImmediate = globalThis.setImmediate;
const RealDate = Date;

/** Time that goes on when it is told to, and chance that a seed repeats: what the product's modules see of both. */
export class Time {
  readonly #owners = new AsyncLocalStorage<Owner>();
  #timers = new Map<number, Timer>();
  #lastId = 0;
  #elapsedMs = 0;
  /** Before it no timer is due. */
  #soonestMs = 0;
  #random = seeded(0);
  /** Turns of the event loop that are asked for already, and who waits for the next one. */
  #turns = 0;
  #resting: (() => void) | undefined;

  /** Begins a history of its own. */
  begin(seed: number): void {
    this.#timers = new Map();
    this.#lastId = 0;
    this.#elapsedMs = 0;
    this.#soonestMs = 0;
    this.#random = seeded(seed);
  }

  get elapsedMs(): number {
    return this.#elapsedMs;
  }

  /** What the servers' own clocks say. */
  get nowMs(): number {
    return beganAtMs + this.#elapsedMs;
  }

  pass(ms: number): void {
    this.#elapsedMs += ms;
  }

  passUntil(elapsedMs: number): void {
    this.#elapsedMs = Math.max(this.#elapsedMs, elapsedMs);
  }

  /** Does work on somebody's behalf: its timers are theirs. */
  as<T>(owner: Owner, work: () => T): T {
    return this.#owners.run(owner, work);
  }

  /** Does work on nobody's behalf: its timers go on whoever dies. */
  unowned<T>(work: () => T): T {
    return this.#owners.exit(work);
  }

  /** The timers that are due, and when the next one is. */
  due(): readonly Timer[] {
    if (this.#elapsedMs < this.#soonestMs) return none;
    this.#soonestMs = this.nextDueMs() ?? Number.POSITIVE_INFINITY;
    if (this.#elapsedMs < this.#soonestMs) return none;
    return [...this.#timers.values()].filter((timer) => timer.dueMs <= this.#elapsedMs && isHeard(timer));
  }

  nextDueMs(): number | undefined {
    let next: number | undefined;
    for (const timer of this.#timers.values())
      if ((next === undefined || timer.dueMs < next) && isHeard(timer)) next = timer.dueMs;
    return next;
  }

  ring(timer: Timer): void {
    if (timer.everyMs === undefined) this.#timers.delete(timer.id);
    else this.#keep({ ...timer, dueMs: this.#elapsedMs + timer.everyMs });
    timer.ring();
  }

  /** Lets everything come to rest that waits for nobody: between any two turns Node does all that can be done at once. */
  settle(): Promise<void> {
    // Many at once, since going round for one costs more than most steps.
    if (this.#turns === 0) for (; this.#turns < turnsAtOnce; this.#turns += 1) realSetImmediate(this.#turn);
    return new Promise((resolve) => (this.#resting = resolve));
  }

  readonly #turn = () => {
    const resting = this.#resting;
    this.#turns -= 1;
    this.#resting = undefined;
    resting?.();
  };

  #keep(timer: Timer): void {
    this.#timers.set(timer.id, timer);
    this.#soonestMs = Math.min(this.#soonestMs, timer.dueMs);
  }

  set(ms: number, work: () => void, everyMs?: number): number {
    this.#lastId += 1;
    const [id, context] = [this.#lastId, AsyncLocalStorage.snapshot()];
    const owner = this.#owners.getStore();
    this.#keep({
      id,
      dueMs: this.#elapsedMs + Math.max(0, Math.trunc(ms)),
      owner,
      ring: () => context(work),
      everyMs,
    });
    return id;
  }

  clear(id: number): void {
    this.#timers.delete(id);
  }

  /** A whole number below `most`, by chance. */
  chance(most: number): number {
    return Math.floor(this.#random() * most);
  }

  /** Lets every module see this time and this chance, and no other. */
  install(): void {
    const replace = (target: object, fields: object) => {
      for (const [name, value] of Object.entries(fields)) Reflect.set(target, name, value);
    };
    const handle = (id: number) => new Handle(id);
    const clear = (timer: unknown) => void (timer instanceof Handle && this.clear(timer.id));
    const setTimer = (work: (...values: unknown[]) => void, ms = 0, ...values: unknown[]) =>
      handle(this.set(ms, () => work(...values)));
    replace(globalThis, {
      Date: dateOf(() => this.nowMs + (this.#owners.getStore()?.skewMs ?? 0)),
      setTimeout: setTimer,
      clearTimeout: clear,
      setImmediate: (work: (...values: unknown[]) => void, ...values: unknown[]) => setTimer(work, 0, ...values),
      clearImmediate: clear,
      setInterval: (work: () => void, ms: number) => handle(this.set(ms, work, ms)),
      clearInterval: clear,
    });
    replace(performance, { now: () => this.#elapsedMs });
    replace(Math, { random: () => this.#random() });
    replace(AbortSignal, { timeout: (ms: number) => abortedWhen((abort) => this.set(ms, abort)) });
    replace(process.getBuiltinModule('node:timers/promises'), { setTimeout: this.#sleep.bind(this) });
    replace(process.getBuiltinModule('node:crypto'), {
      randomUUID: () => this.#uuid(this.#hex(12), '4'),
      randomUUIDv7: () =>
        this.#uuid((this.nowMs + (this.#owners.getStore()?.skewMs ?? 0)).toString(16).padStart(12, '0'), '7'),
    });
    syncBuiltinESMExports();
  }

  #sleep(ms: number, value?: unknown, { signal }: Readonly<{ signal?: AbortSignal }> = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.set(ms, () => resolve(value));
      signal?.addEventListener('abort', () => {
        this.clear(id);
        reject(new Error('the sleep was cut short', { cause: signal.reason }));
      });
    });
  }

  #uuid(first: string, version: string): string {
    const rest = this.#hex(18);
    return `${first.slice(0, 8)}-${first.slice(8)}-${version}${rest.slice(0, 3)}-8${rest.slice(3, 6)}-${rest.slice(6)}`;
  }

  #hex(digits: number): string {
    let text = '';
    while (text.length < digits)
      text += Math.floor(this.#random() * 2 ** 24)
        .toString(16)
        .padStart(6, '0');
    return text.slice(0, digits);
  }
}

/** What is returned in the place of a timer. */
class Handle {
  readonly id: number;

  constructor(id: number) {
    this.id = id;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

function isHeard({ owner }: Timer): boolean {
  return owner?.isAlive !== false;
}

/** A `Date` whose now is another's; what it makes are real ones. */
function dateOf(nowMs: () => number): object {
  function MovedDate(...values: unknown[]): unknown {
    const made: unknown = Reflect.construct(RealDate, values.length === 0 ? [nowMs()] : values);
    return made;
  }
  return Object.assign(MovedDate, {
    prototype: RealDate.prototype,
    now: nowMs,
    parse: RealDate.parse,
    UTC: RealDate.UTC,
  });
}

function abortedWhen(late: (abort: () => void) => unknown): AbortSignal {
  const controller = new AbortController();
  late(() => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')));
  return controller.signal;
}
