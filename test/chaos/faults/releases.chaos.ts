import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { afterAll, expect, test } from 'vitest';
import { DeadLetter } from '../../../src/entities/ops.entity.ts';
import { type Chaos, runChaos } from '../../support/load/chaos.ts';
import type { Stand } from '../../support/load/restarted-process.ts';
import { makeCheckout } from '../../support/processes/checkout.ts';
import { prove, settle } from '../../support/proof/prove.ts';
import type { Deployment } from '../../support/proof/deployment.ts';
import { chosenSeed } from '../../support/seeded.ts';

const title =
  'an API and a worker each of this release and of one whose charges are of a newer version; each worker alone with both APIs for a while';

const newer = makeCheckout();
let queue: Queue | undefined;
let chaos: Chaos | undefined;
afterAll(async () => {
  await queue?.close();
  await chaos?.deployment.stop();
  newer[Symbol.dispose]();
});

/** The other release asks for charges that this one cannot do. */
function raiseVersion(): void {
  const file = join(newer.folder, 'src/orders/jobs.ts');
  const [text, kind] = [readFileSync(file, 'utf8'), "kind: 'charge-order',"];
  expect(text).toContain(kind);
  writeFileSync(file, text.replace(kind, `${kind} version: 2,`));
}

async function replace({ ended }: Deployment, stand: Stand | undefined, awayMs: number, from?: string): Promise<void> {
  if (!stand) throw new Error('there is no such process');
  ended.add(stand.process().pid);
  await stand.process().signal('SIGTERM');
  await sleep(awayMs);
  await stand.start({}, from);
}

async function mix(deployment: Deployment): Promise<void> {
  const [, api, , worker] = deployment.stands;
  await replace(deployment, api, 0, newer.folder);
  await replace(deployment, worker, 0, newer.folder);
  const { host, port, db } = deployment.platform.redis.options;
  queue = new Queue('payments', { connection: { host, port, db } });
  await queue.add('charge-moon', { order_id: 1 }, { jobId: 'of-no-release', attempts: 3 });
  await sleep(3_000);
}

const moments: readonly (readonly [name: string, inflict: (deployment: Deployment) => Promise<void>])[] = [
  ['both at once', mix],
  ['without the newer worker', (deployment) => replace(deployment, deployment.stands[3], 3_000, newer.folder)],
  ['without the older worker', (deployment) => replace(deployment, deployment.stands[2], 3_000)],
  ['both at once', () => sleep(3_000)],
];

test('what either release asks for is done by whoever can, and what nobody knows is kept and fails nobody', async () => {
  raiseVersion();
  const strikes = moments.map(([name, inflict]) => ({ fault: 'F28', name, inflict }));
  const processes = ['api', 'api', 'worker', 'worker'] as const;
  chaos = await runChaos({ seed: chosenSeed(), strikes, orders: 120, processes, isMeasured: true });
  prove(chaos, await settle(chaos), import.meta.filename, [{ fault: 'F28', title }]);
  const { stands, platform } = chaos.deployment;
  const said = stands.flatMap(({ processes: some }) => some.map((one) => one.output())).join('');
  expect(said).toContain('a job of a newer release is handed on');
  expect(await queue?.getJobState('of-no-release')).toMatch(/^(delayed|waiting|active|prioritized)$/);
  expect(await platform.orm.em.fork().count(DeadLetter, {})).toBe(0);
});
