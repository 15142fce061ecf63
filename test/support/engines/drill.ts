import { relative } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startPlatform } from '../processes/platform.ts';
import { reportFault } from '../proof/report-fault.ts';
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

/** Whose drill it is, the number of its first row in the table of faults (one for each fault), and the file that runs it. */
export type Drill = Readonly<{ name: string; firstRow: number; file: string }>;

/**
 * Drills engines some times over for each fault, prints a line of figures for each time, and reports a row; what cannot be had is said,
 * and not run.
 */
export function drill({ name, firstRow, file }: Drill, open: () => Promise<Engines>): void {
  const rows = faults.map((fault, index) => ({ ...fault, row: `D${firstRow + index}` }));
  test.each(rows)(`${name}, $what: no order is lost or charged twice`, async ({ what, isHeld, strike, row }) => {
    const say = (line: string) => void process.stdout.write(`${name}, ${what}: ${line}\n`);
    const told = {
      fault: row,
      title: `${name}, ${what}`,
      seed: 'no chance',
      how: relative(process.cwd(), file),
    } as const;
    // What a machine says of itself is for whoever runs it, and not for the table.
    const skip = (why: string, notRun: string) => {
      say(`not run: ${why}`);
      reportFault({ ...told, notRun });
    };
    if (what === 'cut off' && networkFault)
      return skip(networkFault, 'only root can cut servers off, in a network of their own');
    const engines = await open().catch((error: unknown) => skip(String(error), 'its servers could not be had'));
    if (!engines) return;
    const platform = await startPlatform({ env: { ...engines.env, RATE_LIMIT_BURST: '0' } });
    onTestFinished(async () => {
      await platform.stop();
      await engines.stop();
    });
    const found: Found[] = [];
    for (let round = 1; round <= times; round += 1) {
      const one = await runRound(platform, engines, strike);
      say(lineOf(one));
      found.push(one);
    }
    reportFault({ ...told, ...sumOf(found) });
    for (const one of found) {
      expect(one).toMatchObject({ lost: 0, doubled: 0, stuck: 0 });
      if (isHeld) holdTimes(one);
    }
  });
}

/** All rounds as one row of the table. */
function sumOf(found: readonly Found[]) {
  const sum = (name: 'orders' | 'lost' | 'doubled' | 'stuck') => found.reduce((total, one) => total + one[name], 0);
  return {
    times: found.length,
    orders: sum('orders'),
    lost: sum('lost'),
    doubled: sum('doubled'),
    stuck: sum('stuck'),
    slowestRecoverySeconds: Math.round(Math.max(...found.map(({ paidIn }) => paidIn)) * 10) / 10,
  };
}

function lineOf({ orders, lost, doubled, stuck, refusals, failedOverIn, takenIn, paidIn }: Found): string {
  const [last = 0] = refusals.toSorted((a, b) => b - a);
  const refused = `${refusals.length} told to come again${refusals.length > 0 ? `, the last after ${seconds(last)}` : ''}`;
  return (
    `${orders} orders, ${lost} lost, ${doubled} doubled, ${stuck} stuck, ${refused}; ` +
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
