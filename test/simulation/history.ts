import { Endpoint } from './endpoint.ts';
import { Ledger } from './gateway.ts';
import { Jobs } from './jobs.ts';
import { type Ground, openPlatform, type Platform, type Servers } from './platform.ts';
import { Keyspace } from './redis/keyspace.ts';
import { type Fault, faults, Process, Simulation, type Step } from './simulation.ts';
import type { Time } from './time.ts';

/** What happens in a history: what chance decides, or one fault at one step of a history that is always the same. */
export type Plan = Readonly<{ seed: number; at?: Readonly<{ step: number; fault: Fault }>; isCalm?: boolean }>;

/** What has come of a history: what of it must not be, and how it came to that. */
export type Outcome = Readonly<{
  plan: Plan;
  violations: readonly string[];
  steps: number;
  trace(): readonly string[];
}>;

/** A process that is alive; `died` resolves when it is no more. */
export type Living = Readonly<{ process: Process; platform: Platform; died: Promise<void> }>;

/** A history under way, as a scenario sees it. */
export type History = Readonly<{
  ground: Ground;
  servers: Servers;
  time: Time;
  simulation: Simulation;
  /** Those that live at this moment. */
  living(): readonly Living[];
  /** Somebody outside of the platform, whom no fault strikes. */
  outside: Process;
}>;

/** What a scenario is made of. */
export type Scenario = Readonly<{
  name: string;
  /** What may strike it. */
  faults: readonly Fault[];
  /** Puts there what has to be there before, and returns what goes on. */
  begin(history: History): Readonly<{
    /** What a process does besides. */
    run(living: Living): void;
    /** What somebody outside does; it is over before faults stop. */
    act(): Promise<void>;
    /** Looks on after every step. */
    watch(): void;
    isOver(): boolean;
    /** What must not be, when all is over; and what is left where it is not. */
    violations(): readonly string[];
    leftovers(): readonly string[];
  }>;
}>;

const mostStruckSteps = 1_500;
const mostSteps = 6_000;
const oneInSteps = [0, 100, 30, 12];

/** Runs one history of a scenario from beginning to end. */
export async function runHistory(ground: Ground, time: Time, scenario: Scenario, plan: Plan): Promise<Outcome> {
  time.begin(plan.seed);
  ground.engine.empty();
  const servers: Servers = {
    keyspace: new Keyspace(
      () => time.nowMs,
      (key) => ground.hear?.redis({ nowMs: time.nowMs, words: ['del', key], reply: 1 }),
    ),
    jobs: new Jobs(() => simulation),
    ledger: new Ledger(),
    endpoint: new Endpoint(),
  };
  const surprises: string[] = [];
  const living: (Living | undefined)[] = ground.places.map(() => undefined);
  const ends = new Map<Process, Readonly<{ place: number; die: () => void }>>();
  const stopping = { hasStopped: false };
  const simulation: Simulation = new Simulation(time, {
    isOrderly: plan.at !== undefined,
    strike: strikingBy(plan, scenario.faults, time, stopping),
    empty() {
      servers.keyspace.empty();
      servers.jobs.empty();
      // Started anew, or emptied under way.
      if (time.chance(2) === 0) for (const { platform } of history.living()) platform.redis.lose();
    },
    restart(process) {
      const { place = 0, die } = ends.get(process) ?? {};
      living[place] = undefined;
      die?.();
      time.set(50 + time.chance(1_000), () => start(place));
    },
  });
  const outside = new Process('outside');
  const history: History = {
    ground,
    servers,
    time,
    simulation,
    outside,
    living: () => living.flatMap((one) => one ?? []),
  };
  const going = scenario.begin(history);
  const start = (place: number) => {
    const process = new Process(`process ${place + 1}`);
    const { promise: died, resolve: die } = Promise.withResolvers<void>();
    ends.set(process, { place, die });
    const opened = async () => {
      const platform = await openPlatform(ground, servers, { process, simulation, place });
      const one = { process, platform, died };
      living[place] = one;
      going.run(one);
    };
    time.as(process, opened).catch(noteIn(surprises));
  };
  const note = noteIn(surprises);
  globalThis.process.on('unhandledRejection', note);
  for (const place of ground.places.keys()) start(place);
  const acting = { isOver: false };
  time.as(outside, () => going.act()).then(() => (acting.isOver = true), note);
  const watched = (isOver: () => boolean) => () => {
    going.watch();
    return surprises.length > 0 || isOver();
  };
  await simulation.run(
    watched(() => acting.isOver && going.isOver()),
    mostStruckSteps,
  );
  stopping.hasStopped = true;
  const isOver = await simulation.run(
    watched(() => acting.isOver && going.isOver()),
    mostSteps,
  );
  // What is under way says nothing in the next one.
  await time.settle();
  globalThis.process.off('unhandledRejection', note);
  if (ground.hear) hearEnd(ground, servers, time.nowMs, ground.hear);
  const left = isOver ? [] : [`not over ${mostSteps} steps after the last fault`, ...going.leftovers()];
  return {
    plan,
    violations: [...surprises, ...left, ...going.violations()],
    steps: simulation.count,
    trace: () => simulation.trace,
  };
}

const compared = [
  'orders',
  'payments',
  'order_history',
  'event_log',
  'event_log_end',
  'outbox_messages',
  'webhook_deliveries',
];

/** What everything has come to, as the servers would be asked for it. */
function hearEnd({ engine }: Ground, { keyspace }: Servers, nowMs: number, hear: NonNullable<Ground['hear']>): void {
  for (const table of compared)
    hear.mysql({ connection: 0, sql: `select * from ${table}`, nowMs, said: engine.rows(table) });
  const words = ['xrange', 'orders', '-', '+'];
  hear.redis({ nowMs, words, reply: keyspace.do('xrange', words.slice(1)) });
}

function noteIn(surprises: string[]) {
  return (error: unknown) =>
    void surprises.push(`thrown where nobody waits: ${error instanceof Error ? error.stack : String(error)}`);
}

/** When which fault strikes: where the plan says so, or by chance, in some histories never and in others often. */
function strikingBy(
  { at, isCalm = false }: Plan,
  allowed: readonly Fault[],
  time: Time,
  stopping: Readonly<{ hasStopped: boolean }>,
) {
  if (at) return (_step: Step, count: number) => (count === at.step ? at.fault : undefined);
  const rarity = isCalm ? 0 : (oneInSteps[time.chance(oneInSteps.length)] ?? 0);
  const known = faults.filter((fault) => allowed.includes(fault));
  let left = 1 + time.chance(5);
  return () => {
    if (stopping.hasStopped || rarity === 0 || left === 0 || time.chance(rarity) > 0) return undefined;
    left -= 1;
    return known[time.chance(known.length)];
  };
}
