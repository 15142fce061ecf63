import { budget } from './budget.ts';
import { type Outcome, type Plan, runHistory, type Scenario } from './history.ts';
import { orders } from './orders.ts';
import { outbox } from './outbox.ts';
import { openGround } from './platform.ts';
import { Time } from './time.ts';
import { webhooks } from './webhooks.ts';

const scenarios: readonly Scenario[] = [outbox, orders, budget, webhooks];
const processes = 2;

/** Which histories are told: those of one part where several tell them. */
export type Wanted = Readonly<{
  scenario: string | undefined;
  seed: number;
  histories: number;
  isEachFault: boolean;
  stride: number;
  isTraced: boolean;
  part: number;
  parts: number;
}>;

/** How much was told of a scenario, by one or by several. */
export type Sum = Readonly<{ scenario: string; histories: number; steps: number; cpuSeconds: number }>;

/** Tells histories one after the other, until something must not be. */
export async function openTelling(say: (line: string) => void) {
  const [time, ground] = [new Time(), await openGround(processes)];
  time.install();
  const run = (scenario: Scenario, plan: Plan) => runHistory(ground, time, scenario, plan);

  async function* eachFault(scenario: Scenario, { seed, stride, part, parts }: Wanted): AsyncGenerator<Plan> {
    const none = { step: 0, fault: 'crash' } as const;
    const { steps } = await run(scenario, { seed, at: none });
    for (let step = 1 + part * stride; step <= steps; step += parts * stride)
      for (const fault of scenario.faults) yield { seed, at: { step, fault } };
  }

  /** A plan tells the same history again, whatever has been told in between. */
  async function differences(scenario: Scenario, first: Outcome): Promise<readonly string[]> {
    const [told, again] = [first.trace(), (await run(scenario, first.plan)).trace()];
    const at = told.findIndex((line, index) => line !== again[index]);
    return at === -1 ? [] : [`told again it differs: ${told[at]}, then ${again[at]}`];
  }

  async function tell(scenario: Scenario, wanted: Wanted): Promise<Sum & Readonly<{ hasFailed: boolean }>> {
    const before = process.cpuUsage();
    let [histories, steps, hasFailed] = [0, 0, false];
    for await (const plan of wanted.isEachFault ? eachFault(scenario, wanted) : byChance(wanted)) {
      const outcome = await run(scenario, plan);
      const violations = [...outcome.violations, ...(histories === 0 ? await differences(scenario, outcome) : [])];
      histories += 1;
      steps += outcome.steps;
      if (wanted.isTraced) for (const line of outcome.trace()) say(line);
      hasFailed = violations.length > 0;
      if (!hasFailed) continue;
      for (const line of report(scenario, plan, violations)) say(line);
      if (!wanted.isTraced) for (const line of outcome.trace().slice(-40)) say(line);
      break;
    }
    const { user, system } = process.cpuUsage(before);
    return { scenario: scenario.name, histories, steps, cpuSeconds: (user + system) / 1e6, hasFailed };
  }

  return {
    /** Hands over what was told of each scenario, and returns whether all was as it must be. */
    async tellAll(wanted: Wanted, sum: (one: Sum) => void): Promise<boolean> {
      let isWell = true;
      for (const scenario of scenarios.filter(({ name }) => (wanted.scenario ?? name) === name)) {
        const { hasFailed, ...one } = await tell(scenario, wanted);
        sum(one);
        isWell &&= !hasFailed;
      }
      return isWell;
    },
    /** Says all that the doubles say in a history of each scenario without faults, as a line of JSON each. */
    async record(seed: number): Promise<void> {
      for (const scenario of scenarios) {
        const said: unknown[] = [];
        const hear = {
          mysql: (one: unknown) => void said.push({ mysql: one }),
          redis: (one: unknown) => void said.push({ redis: one }),
        };
        await runHistory({ ...ground, hear }, time, scenario, { seed, isCalm: true });
        say(JSON.stringify({ scenario: scenario.name, said }));
      }
    },
  };
}

function* byChance({ seed, histories, part, parts }: Wanted): Generator<Plan> {
  for (let one = seed + part; one < seed + histories; one += parts) yield { seed: one };
}

function report({ name }: Scenario, { seed, at }: Plan, violations: readonly string[]): readonly string[] {
  const where = at ? `, ${at.fault} at step ${at.step}` : '';
  return [`${name}: seed ${seed}${where}:`, ...violations.map((violation) => `  ${violation}`)];
}
