import { afterAll, expect, test } from 'vitest';
import { type Chaos, runChaos } from '../../support/load/chaos.ts';
import { inspectorPort, openInspector } from '../../support/processes/inspector.ts';
import { prove, settle } from '../../support/proof/prove.ts';
import type { Deployment } from '../../support/proof/deployment.ts';
import { chosenSeed } from '../../support/seeded.ts';

// Longer than a job's lock lasts.
const blockedMs = 6_500;
const times = 10;
const title = `an API and a worker compute for ${blockedMs / 1_000} s without a pause, in turn`;

let silent = 0;
let chaos: Chaos | undefined;
afterAll(() => chaos?.deployment.stop());

async function block({ stands }: Deployment, time: number): Promise<void> {
  const some = stands[time % stands.length];
  const inspector = await openInspector(await inspectorPort(some?.process()));
  let isOver = false;
  const blocked = inspector.run(`{ const endMs = Date.now() + ${blockedMs}; while (Date.now() < endMs); }`);
  void blocked.finally(() => (isOver = true));
  // That is what a probe finds out.
  const isSilent = async () =>
    !(await fetch(`${some?.health}/healthz`, { signal: AbortSignal.timeout(1_500) }).catch(() => undefined));
  let found = false;
  while (!isOver && !found) found = await isSilent();
  if (found) silent += 1;
  await blocked;
  inspector.close();
}

test('a process that computes for longer than its locks last says nothing meanwhile, and does no harm afterwards', async () => {
  const strikes = Array.from({ length: times }, (_, time) => ({
    fault: 'F32',
    name: 'a loop',
    inflict: (deployment: Deployment) => block(deployment, time),
  }));
  const processes = ['api', 'worker', 'api', 'worker'] as const;
  const env = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };
  chaos = await runChaos({ seed: chosenSeed(), strikes, orders: 10 * times, processes, env, isMeasured: true });
  prove(chaos, await settle(chaos), import.meta.filename, [{ fault: 'F32', title }]);
  expect(silent).toBe(times);
});
