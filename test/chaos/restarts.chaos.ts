import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { type Chaos, runChaos } from '../support/load/chaos.ts';
import { type Memory, openMemory } from '../support/load/memory.ts';
import { prove, settle } from '../support/proof/prove.ts';
import { median, windowRates } from '../support/proof/rates.ts';
import type { Strike } from '../support/proof/strike.ts';
import { reviveStands, type Deployment, untilWell, usualProcesses } from '../support/proof/deployment.ts';
import { chosenSeed } from '../support/seeded.ts';

// Shorter ones say less, and are for those who work on this file.
const windowMs = 1_000 * Number(process.env['RATE_WINDOW_SECONDS'] ?? 20);
const windows = 5;
const least = 0.9;

let chaos: Chaos | undefined;
afterAll(() => chaos?.deployment.stop());

type Restart = Readonly<{ what: string; restart(deployment: Deployment): Promise<unknown> }>;

/** The first of a kind ends as it is told to, and another is started in its place. */
const replaced = (role: 'api' | 'worker') => async (deployment: Deployment) => {
  const one = deployment.stands.filter((stand) => stand.role === role).slice(0, 1);
  for (const stand of one) deployment.ended.add(stand.process().pid);
  await Promise.all(one.map((stand) => stand.process().signal('SIGTERM')));
  await reviveStands(one);
};
const restarts: readonly Restart[] = [
  {
    what: 'MySQL',
    restart: ({ mysql }) =>
      mysql
        .process()
        .signal('SIGTERM')
        .then(() => mysql.restart()),
  },
  {
    what: 'Redis',
    restart: ({ redis }) =>
      redis
        .process()
        .signal('SIGTERM')
        .then(() => redis.restart()),
  },
  {
    what: 'an API and a worker',
    restart: (deployment) => Promise.all([replaced('api')(deployment), replaced('worker')(deployment)]),
  },
];

/** How many orders were paid a second in each of the windows that begin now. */
async function measure({ platform: { sandbox } }: Deployment): Promise<readonly number[]> {
  const fromMs = Date.now();
  await sleep(windows * windowMs);
  return windowRates(await sandbox.ledger(), { fromMs, windowMs, windows });
}

test('each server is restarted under load: as many orders are paid a second after it as before', {
  timeout: 2_400_000,
}, async () => {
  const seed = chosenSeed();
  const ratios: number[] = [];
  const wellAfterMs: number[] = [];
  const memories: Memory[] = [];
  const collect = () => Promise.all(memories.map((memory) => memory.collect()));
  let before: readonly number[] = [];
  const begin: Strike['inflict'] = async (deployment) => {
    deployment.buyers.want(Number.POSITIVE_INFINITY);
    // Until code is compiled, and pools are full.
    await sleep(windowMs);
    // Those that stay.
    for (const role of ['api', 'worker'] as const)
      memories.push(await openMemory(role, deployment.stands.findLast((stand) => stand.role === role)?.process()));
    await collect();
    before = await measure(deployment);
  };
  const restartOf = ({ what, restart }: Restart): Strike => ({
    fault: 'S1',
    name: what,
    async inflict(deployment) {
      await restart(deployment);
      wellAfterMs.push(await untilWell(deployment, Date.now()));
      const after = await measure(deployment);
      ratios.push(median(after) / median(before));
      process.stdout.write(`${what}: ${before.join(' ')} paid a second before, ${after.join(' ')} after\n`);
      before = after;
    },
  });
  const strikes = [{ fault: 'none', name: 'nothing', inflict: begin }, ...restarts.map(restartOf)];
  const env = { NODE_OPTIONS: '--max-semi-space-size=16 --inspect=127.0.0.1:0' };
  const plan = { seed, strikes, orders: 1, env, buyers: 8, thinkMs: 150, processes: usualProcesses, isMeasured: true };
  chaos = await runChaos(plan);
  await settle(chaos);
  await collect();
  const held = memories.map((memory) => {
    const { role, liveMb } = memory.told();
    return { what: `MB in use of the ${role}`, before: liveMb[0] ?? 0, after: liveMb.at(-1) ?? 0 };
  });
  const worst = Math.round(100 * Math.min(...ratios)) / 100;
  const title = `MySQL, Redis, an API and a worker are restarted under load, windows of ${windowMs / 1_000} s`;
  prove(chaos, await settle(chaos, held), import.meta.filename, [
    { fault: 'S1', title, rateAfterOverBefore: worst, slowestRecoverySeconds: Math.max(...wellAfterMs) / 1_000 },
  ]);
  expect(worst).toBeGreaterThanOrEqual(least);
});
