import type { FaultRow } from './fault-rows.ts';
import type { Figures } from './filled-page.ts';

/** A count, or seconds, as all pages write them. */
export const counted = (count: number) => count.toLocaleString('en');
export const seconds = (count: number) => `${count.toFixed(1)} s`;

const killing = 'test/chaos/kills.chaos.ts';
/** All faults stop: a row about the orders of its whole file. */
const allStop = 'F34';
/** What adds nothing of its own: those orders, and guards that are taken out of the code while no process runs. */
const notAdded = [allStop, 'F35'];

/** What the pages tell of single faults in their sentences. */
export function faultFigures(rows: readonly FaultRow[]): Figures {
  const find = (fault: string, how?: string) =>
    rows.find((row) => row.fault === fault && row.notRun === undefined && row.how === (how ?? row.how));
  const kills = find(allStop);
  const emptied = find('F10', 'test/guarantees/redis-emptied.test.ts');
  const clocks = find('F25');
  const replaced = find('F26');
  return {
    'kills.times': kills && counted(killsOf(rows)),
    'kills.orders': kills && counted(kills.orders),
    'kills.seconds': recovery(kills),
    'emptied.seconds': recovery(emptied),
    'frozen.seconds': recovery(find('F8')),
    'clocks.orders': clocks && counted(clocks.orders),
    'clocks.seconds': recovery(clocks),
    'replaced.times': replaced && counted(replaced.times),
    'replaced.orders': replaced && counted(replaced.orders),
  };
}

/** A line about all rows together, which says what it adds. */
export function faultSum(rows: readonly FaultRow[]): string {
  const added = rows.filter(({ fault, notRun }) => notRun === undefined && !notAdded.includes(fault));
  const sum = (name: 'times' | 'orders' | 'lost' | 'doubled' | 'stuck') =>
    counted(added.reduce((total, row) => total + row[name], 0));
  const found = `${sum('orders')} orders, ${sum('lost')} lost, ${sum('doubled')} doubled, ${sum('stuck')} stuck`;
  return (
    `Together: ${sum('times')} faults, ${counted(killsOf(rows))} of them kills at named points of an order's way; ${found}. ` +
    `Added are all rows but ${notAdded.join(' and ')}: the one is about the orders of F1 to F7 once more, the other strikes no process.`
  );
}

function killsOf(rows: readonly FaultRow[]): number {
  const kills = rows.filter(({ fault, how }) => how === killing && fault !== allStop);
  return kills.reduce((total, { times }) => total + times, 0);
}

function recovery(row: FaultRow | undefined): string | undefined {
  const { slowestRecoverySeconds: told = null } = row ?? {};
  return told === null ? undefined : seconds(told);
}
