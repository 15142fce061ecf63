import { expect, onTestFinished, test } from 'vitest';
import { startPlatform } from '../processes/platform.ts';
import { type Found, runRound } from './drill-round.ts';
import { networkFault } from './place.ts';
import type { Engines, Node } from './server-node.ts';

const faults: readonly { what: string; isHeld: boolean; strike: (node: Node) => Promise<void> }[] = [
  { what: 'killed', isHeld: true, strike: (node) => node.process().signal('SIGKILL') },
  { what: 'cut off', isHeld: true, strike: (node) => node.cutOff() },
  // Its system still takes connections: whoever asks it for one waits for each answer as long as for any. It is measured.
  { what: 'frozen', isHeld: false, strike: (node) => node.process().signal('SIGSTOP') },
];

const times = Number(process.env['DRILL_TIMES'] ?? 3);
/** How long after the engine's own failover all is as before, s. */
const wellAfter = 10;

/** Drills engines some times over for each fault, and prints a line of figures for each; what cannot be had is said, and not run. */
export function drill(name: string, open: () => Promise<Engines>): void {
  test.each(faults)(`${name}, $what: no order is lost or charged twice`, async ({ what, isHeld, strike }) => {
    const say = (line: string) => void process.stdout.write(`${name}, ${what}: ${line}\n`);
    if (what === 'cut off' && networkFault) return say(`not run: ${networkFault}`);
    const engines = await open().catch((error: unknown) => say(`not run: ${String(error)}`));
    if (!engines) return;
    const platform = await startPlatform({ env: { ...engines.env, RATE_LIMIT_BURST: '0' } });
    onTestFinished(async () => {
      await platform.stop();
      await engines.stop();
    });
    for (let round = 1; round <= times; round += 1) {
      const found = await runRound(platform, engines, strike);
      say(lineOf(found));
      expect(found).toMatchObject({ lost: 0, doubled: 0 });
      if (isHeld) holdTimes(found);
    }
  });
}

function lineOf({ orders, lost, doubled, refusals, failedOverIn, takenIn, paidIn }: Found): string {
  const [last = 0] = refusals.toSorted((a, b) => b - a);
  const refused = `${refusals.length} told to come again${refusals.length > 0 ? `, the last after ${seconds(last)}` : ''}`;
  return (
    `${orders} orders, ${lost} lost, ${doubled} doubled, ${refused}; ` +
    `its own failover took ${seconds(failedOverIn)}, orders were taken after ${seconds(takenIn)} and paid after ${seconds(paidIn)}`
  );
}

const seconds = (count: number) => `${count.toFixed(1)} s`;

function holdTimes({ refusals, failedOverIn, takenIn, paidIn }: Found): void {
  const latest = failedOverIn + wellAfter;
  expect(takenIn, 'orders are taken').toBeLessThan(latest);
  expect(paidIn, 'orders are paid').toBeLessThan(latest);
  expect(
    refusals.filter((after) => after < 0 || after > latest),
    'told to come again only from the fault on',
  ).toEqual([]);
}
