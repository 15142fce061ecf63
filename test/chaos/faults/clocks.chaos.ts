import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { afterAll, test } from 'vitest';
import { findClocks, type WrongClock } from '../../support/faults/wrong-clock.ts';
import { type Chaos, losses, runChaos } from '../../support/load/chaos.ts';
import type { Stand } from '../../support/load/restarted-process.ts';
import { until } from '../../support/processes/process.ts';
import { prove, settle } from '../../support/proof/prove.ts';
import { reportFault } from '../../support/proof/report-fault.ts';
import { killStands, type Deployment } from '../../support/proof/deployment.ts';
import { chosenSeed } from '../../support/seeded.ts';

const title =
  'clocks an hour ahead and behind: of workers, and of an API that dies while Redis is away too; then all jump by five minutes and an hour';
const hour = 3_600;

const openClock = await findClocks();
const clocks = new Map<Stand, WrongClock>();
let chaos: Chaos | undefined;
afterAll(async () => {
  await chaos?.deployment.stop();
  for (const clock of clocks.values()) clock.close();
});

/** Starts everything again with clocks that can be set. */
async function wind(deployment: Deployment, open: () => WrongClock): Promise<void> {
  for (const stand of deployment.stands) {
    const clock = open();
    clocks.set(stand, clock);
    await killStands(deployment, [stand]);
    await stand.start(clock.env);
  }
}

async function setAll(seconds: number): Promise<void> {
  for (const clock of clocks.values()) clock.set(seconds);
  await sleep(3_000);
}

async function setWorkersApart({ stands }: Deployment): Promise<void> {
  const [first, second] = stands.filter(({ role }) => role === 'worker').map((stand) => clocks.get(stand));
  first?.set(hour);
  second?.set(-hour);
  await sleep(5_000);
}

/** Orders are taken by an API whose clock is wrong, and which dies before it has sent anything on. */
async function dieWith(deployment: Deployment, seconds: number): Promise<void> {
  const { redis, buyers, stands } = deployment;
  const apis = stands.filter(({ role }) => role === 'api');
  for (const api of apis) clocks.get(api)?.set(seconds);
  await sleep(2_000);
  await redis.process().signal('SIGSTOP');
  buyers.want(10);
  await until('orders are taken', () => (buyers.areDone() ? true : undefined));
  await killStands(deployment, apis);
  await redis.process().signal('SIGCONT');
  for (const api of apis) {
    clocks.get(api)?.set(0);
    await api.start(clocks.get(api)?.env);
  }
}

const moments: readonly (readonly [name: string, moment: (deployment: Deployment) => Promise<void>])[] = [
  ['workers two hours apart', setWorkersApart],
  ['an API an hour ahead dies', (deployment) => dieWith(deployment, hour)],
  ['an API an hour behind dies', (deployment) => dieWith(deployment, -hour)],
  ['all an hour ahead', () => setAll(hour)],
  ['all five minutes behind', () => setAll(-300)],
  ['all right again', () => setAll(0)],
];

/** What runs by itself does so again when it should. */
async function untilPlanned({ platform: { redis } }: Deployment): Promise<void> {
  const { host, port, db } = redis.options;
  const upkeep = new Queue('upkeep', { connection: { host, port, db } });
  await until('every schedule is near', async () => {
    const far = (await upkeep.getJobSchedulers()).filter(({ next = 0, every = 0 }) => next > Date.now() + 2 * every);
    return far.length === 0 || undefined;
  });
  await upkeep.close();
}

test('whatever clocks say, no order waits for the right time, and none is charged twice', async () => {
  if (!openClock) {
    const notRun = "Debian's libfaketime cannot be had on this machine";
    return reportFault({ fault: 'F25', title, seed: 'no chance', how: 'test/chaos/faults/clocks.chaos.ts', notRun });
  }
  const strikes = moments.map(([name, moment], time) => ({
    fault: 'F25',
    name,
    async inflict(deployment: Deployment) {
      if (time === 0) await wind(deployment, openClock);
      await moment(deployment);
    },
  }));
  const plan = { seed: chosenSeed(), strikes, orders: 120, processes: ['api', 'worker', 'worker'] as const };
  chaos = await runChaos({ ...plan, gatewayFaults: losses, isMeasured: true });
  await untilPlanned(chaos.deployment);
  prove(chaos, await settle(chaos), import.meta.filename, [{ fault: 'F25', title }]);
});
