import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { afterAll, expect, test } from 'vitest';
import { DeadLetter } from '../../../src/entities/ops.entity.ts';
import { type Chaos, runChaos } from '../../support/load/chaos.ts';
import type { Stand } from '../../support/load/restarted-process.ts';
import { makeCheckout } from '../../support/processes/checkout.ts';
import { until } from '../../support/processes/process.ts';
import { prove, settle } from '../../support/proof/prove.ts';
import type { Deployment } from '../../support/proof/deployment.ts';
import { chosenSeed } from '../../support/seeded.ts';

const many = Number(process.env['POISON'] ?? 20);
// Of the twenty processes that one job may cost, each takes six seconds: the last ones tell as much.
const stalledBefore = 18;
const harms = { throw: many, message: many, rejection: many, exit: 1, loop: 1, heap: 1 };
const harmful = Object.entries(harms).filter(([harm]) => harm !== 'rejection');
const title = `jobs that throw, have a message of a megabyte, leave a promise unheard (${many} each), exit, loop for 10 s, fill the heap`;

const checkout = makeCheckout();
let upkeep: Queue | undefined;
let chaos: Chaos | undefined;
afterAll(async () => {
  await upkeep?.close();
  await chaos?.deployment.stop();
  checkout[Symbol.dispose]();
});

/** A release that has such a job. */
function addPoison(): void {
  const job = readFileSync(new URL('../../support/faults/poison.job.ts', import.meta.url), 'utf8');
  writeFileSync(join(checkout.folder, 'src/jobs/poison.job.ts'), job.replaceAll('../../../src/jobs/', './'));
}

async function askForAll({ platform: { redis } }: Deployment): Promise<void> {
  const { host, port, db } = redis.options;
  upkeep = new Queue('upkeep', { connection: { host, port, db } });
  for (const [harm, count] of Object.entries(harms))
    for (let one = 0; one < count; one += 1) {
      const { id } = await upkeep.add('poison', { harm }, { attempts: 3, backoff: { type: 'fixed', delay: 100 } });
      if (count === 1) await redis.hset(upkeep.toKey(id ?? ''), 'stc', stalledBefore);
    }
}

/** What starts a process again wherever it runs. */
async function keepUp({ ended }: Deployment, stand: Stand, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const over = until('all is over', () => isOver() || undefined, 800_000);
    await Promise.race([stand.process().ended, over]);
    if (isOver()) return;
    ended.add(stand.process().pid);
    // It may end again before it is ready.
    stand.start().catch(() => {});
  }
}

const letters = ({ platform }: Deployment) => platform.orm.em.fork().find(DeadLetter, { kind: 'poison' });

async function poison(deployment: Deployment): Promise<void> {
  let isOver = false;
  const keeping = deployment.stands.map((stand) => keepUp(deployment, stand, () => isOver));
  const deadly = harmful.reduce((sum, [, count]) => sum + count, 0);
  try {
    await askForAll(deployment);
    const isBuried = async () => {
      if (deployment.buyers.areDone()) deployment.buyers.want(5);
      return (await letters(deployment)).length >= deadly || undefined;
    };
    await until('all poison is buried', isBuried, 700_000);
  } finally {
    isOver = true;
    await Promise.all(keeping);
  }
  // Who ended at the last moment was started by nobody.
  for (const stand of deployment.stands)
    if (await Promise.race([stand.process().ended.then(() => true), sleep(0, false)])) {
      deployment.ended.add(stand.process().pid);
      await stand.start();
    }
}

test('poison is buried, each once and with its reason, and keeps no order back', { timeout: 900_000 }, async () => {
  addPoison();
  const plan = { seed: chosenSeed(), strikes: [{ fault: 'F29', name: 'poison', inflict: poison }], orders: 60 };
  // A heap that is soon full.
  const env = { NODE_OPTIONS: '--max-old-space-size=160' };
  const processes = ['api', 'worker', 'worker'] as const;
  chaos = await runChaos({ ...plan, processes, env, folder: checkout.folder, isMeasured: true });
  const outcome = await settle(chaos);
  const all = Object.values(harms).reduce((sum, count) => sum + count, 0);
  // What poison leaves unheard is no fault of ours, and ends nobody.
  const unheard = /^.*a promise failed unheard.*$/gm;
  const processesBut = outcome.evidence.processes.map((one) => ({
    ...one,
    output: one.output.replaceAll(unheard, ''),
  }));
  const evidence = { ...outcome.evidence, processes: processesBut };
  prove(chaos, { ...outcome, evidence }, import.meta.filename, [{ fault: 'F29', title, times: all }]);
  expect(outcome.evidence.processes.some(({ output }) => unheard.test(output))).toBe(true);
  const buried = await letters(chaos.deployment);
  const counted = harmful.map(([harm]) => [harm, buried.filter(({ payload }) => payload.includes(harm)).length]);
  expect(Object.fromEntries(counted)).toEqual(Object.fromEntries(harmful));
  expect(Math.max(...buried.map(({ reason }) => reason.length))).toBeLessThanOrEqual(1_000);
});
