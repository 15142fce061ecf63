import { parseArgs } from 'node:util';
import { budget } from './budget.ts';
import { type Outcome, type Plan, runHistory, type Scenario } from './history.ts';
import { orders } from './orders.ts';
import { outbox } from './outbox.ts';
import { openGround } from './platform.ts';
import { Time } from './time.ts';
import { webhooks } from './webhooks.ts';

const scenarios: readonly Scenario[] = [outbox, orders, budget, webhooks];
const processes = 2;

/**
 * Runs histories: `--histories N` by chance from `--seed S` on, of `--scenario NAME` or of all; or, with `--each-fault`, one for
 * each fault at each step, or at each `--stride`th, of a history in which nothing else goes wrong.
 * `--record` tells all that the doubles said in one without faults, as a line of JSON. Ends with 1 when something must not be.
 */
const { values } = parseArgs({
  options: {
    scenario: { type: 'string' },
    seed: { type: 'string', default: '1' },
    histories: { type: 'string', default: '300' },
    'each-fault': { type: 'boolean', default: false },
    stride: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
  },
});
const time = new Time();
const said: unknown[] = [];
const hear = {
  mysql: (one: unknown) => void said.push({ mysql: one }),
  redis: (one: unknown) => void said.push({ redis: one }),
};
const ground = { ...(await openGround(processes)), ...(values.record && { hear }) };
time.install();
const say = (line: string) => void process.stdout.write(`${line}\n`);
let failed = 0;

for (const scenario of scenarios.filter(({ name }) => (values.scenario ?? name) === name)) {
  const before = process.cpuUsage();
  let [count, steps] = [0, 0];
  for await (const plan of values['each-fault'] ? eachFault(scenario) : byChance()) {
    const outcome = await runHistory(ground, time, scenario, plan);
    if (count === 0 && !values.record) await tellAgain(scenario, outcome);
    count += 1;
    steps += outcome.steps;
    if (values.trace) for (const line of outcome.trace()) say(line);
    if (outcome.violations.length > 0) report(scenario, outcome);
    if (failed > 0) break;
  }
  if (values.record) {
    say(JSON.stringify({ scenario: scenario.name, said: said.splice(0) }));
    continue;
  }
  const { user, system } = process.cpuUsage(before);
  const cpuSeconds = (user + system) / 1e6;
  const rate = Math.round((count / cpuSeconds) * 60);
  say(
    `${scenario.name}: ${count} histories, ${steps} steps, ${rate} histories a CPU-minute, ${cpuSeconds.toFixed(1)} CPU s`,
  );
}
process.exitCode = failed === 0 ? 0 : 1;

function* byChance(): Generator<Plan> {
  const first = Number(values.seed);
  if (values.record) yield { seed: first, isCalm: true };
  else for (let seed = first; seed < first + Number(values.histories); seed += 1) yield { seed };
}

async function* eachFault(scenario: Scenario): AsyncGenerator<Plan> {
  const seed = Number(values.seed);
  const none = { step: 0, fault: 'crash' } as const;
  const { steps } = await runHistory(ground, time, scenario, { seed, at: none });
  for (let step = 1; step <= steps; step += Number(values.stride))
    for (const fault of scenario.faults) yield { seed, at: { step, fault } };
}

/** A plan tells the same history again, whatever has been told in between. */
async function tellAgain(scenario: Scenario, first: Outcome): Promise<void> {
  const trace = (await runHistory(ground, time, scenario, first.plan)).trace();
  const told = first.trace();
  const at = told.findIndex((line, index) => line !== trace[index]);
  if (at !== -1)
    report(scenario, { ...first, violations: [`told again it differs: ${told[at]}, then ${trace[at]}`] });
}

function report({ name }: Scenario, { plan: { seed, at }, violations, trace }: Outcome): void {
  failed += 1;
  const where = at ? `, ${at.fault} at step ${at.step}` : '';
  say(`${name}: seed ${seed}${where}:`);
  for (const violation of violations) say(`  ${violation}`);
  if (!values.trace) for (const line of trace().slice(-40)) say(line);
}
