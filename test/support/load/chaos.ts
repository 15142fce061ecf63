import type { SandboxFault } from '../upstreams/sandbox-control.ts';
import { until } from '../processes/process.ts';
import type { Strike, Struck } from '../proof/strike.ts';
import {
  openDeployment,
  type Deployment,
  type DeploymentPlan,
  untilWell,
  usualProcesses,
} from '../proof/deployment.ts';

/** What was struck, and when that ended, in a deployment that still runs. */
export type Chaos = Readonly<{ seed: number; deployment: Deployment; struck: readonly Struck[]; lastFaultMs: number }>;

/** Which faults, one after the other, and how many orders at least. */
export type Plan = DeploymentPlan &
  Readonly<{
    strikes: readonly Strike[];
    orders: number;
    /** Whether after each fault an order is awaited that was asked for since. */
    isMeasured?: boolean;
  }>;

/** The gateway loses a fifth of its answers, and takes its time with some. */
export const losses: readonly SandboxFault[] = [
  { target: 'stripe', kind: 'lost_answer', rate: 0.2 },
  { target: 'stripe', kind: 'slow', rate: 0.05, ms: 3_000 },
];

/** The usual size, beside a gateway that loses answers, with a receiver that is told and each recovery measured. */
export const usualPlan = { processes: usualProcesses, gatewayFaults: losses, isTold: true, isMeasured: true } as const;

/** Strikes while people buy; ends when at least `orders` have been placed and all faults are over. */
export async function runChaos(plan: Plan): Promise<Chaos> {
  const deployment = await openDeployment(plan);
  try {
    const struck = await strikeAll(deployment, plan);
    return { seed: plan.seed, deployment, struck, lastFaultMs: Date.now() };
  } catch (error) {
    await deployment.stop();
    throw error;
  }
}

async function strikeAll(deployment: Deployment, { strikes, orders, isMeasured = false }: Plan): Promise<Struck[]> {
  const { buyers, platform } = deployment;
  const struck: Struck[] = [];
  try {
    for (const { fault, name, inflict } of strikes) {
      // As many as take part in one fault: a slow machine is slower to strike, and is not given more to do for it.
      buyers.want(Math.ceil(orders / strikes.length));
      const beganMs = Date.now();
      await inflict(deployment);
      const endedMs = Date.now();
      const wellAfterMs = isMeasured ? await untilWell(deployment, endedMs) : 0;
      struck.push({ fault, name, beganMs, endedMs, wellAfterMs });
      process.stdout.write(`${fault} ${name}: ${endedMs - beganMs} ms, well again after ${wellAfterMs} ms\n`);
    }
    await until('enough orders', () => (buyers.bought.length >= orders ? true : undefined));
    await platform.sandbox.clearFaults();
    return struck;
  } finally {
    await buyers.goHome();
  }
}
