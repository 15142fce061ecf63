import { afterAll, test } from 'vitest';
import { type Chaos, runChaos } from '../support/load/chaos.ts';
import { deadLetter, heldSnapshot, idleTransaction, readersBeside } from '../support/proof/scenarios.ts';
import { prove, settle } from '../support/proof/prove.ts';
import { scaled } from '../support/proof/strike.ts';
import { usualProcesses } from '../support/proof/deployment.ts';
import { chosenSeed, seeded, shuffled } from '../support/seeded.ts';

const heldMs = 15_000;

let chaos: Chaos | undefined;
afterAll(() => chaos?.deployment.stop());

test('a transaction left open, a snapshot held, many readers, and jobs that give up: orders go on', {
  timeout: 1_200_000,
}, async () => {
  const seed = chosenSeed();
  const each = [idleTransaction(heldMs), heldSnapshot(heldMs), readersBeside(8, heldMs), deadLetter, deadLetter];
  const strikes = shuffled(Array.from({ length: scaled(2) }, () => each).flat(), seeded(seed));
  const plan = { seed, strikes, orders: scaled(400), processes: usualProcesses, isTold: true, isMeasured: true };
  chaos = await runChaos(plan);
  prove(chaos, await settle(chaos), import.meta.filename, [
    { fault: 'S3', title: 'a transaction that locks two products and the last orders is left open for 15 s' },
    { fault: 'S4', title: 'a snapshot is held for 15 s' },
    { fault: 'S5', title: 'eight read lists and stories without a pause for 15 s' },
    { fault: 'S6', title: 'a job gives up, and ten replay it at once' },
  ]);
});
