import { type Measure, withProduct } from '../bench.ts';
import { type PaidRound, paidRound } from './paid-round.ts';

/** Paid orders while somebody reads in a transaction that stays open, as a report or a backup does: old versions of rows pile up. */
export const heldSnapshot: Measure = {
  ids: ['held-snapshot'],
  async run(bench) {
    const held: PaidRound[] = [];
    const free: PaidRound[] = [];
    for (let round = 0; round < bench.effort.rounds; round += 1) {
      bench.say(`held-snapshot: round ${round + 1} of ${bench.effort.rounds}, without and with`);
      free.push(await withProduct(bench, {}, (side) => paidRound(bench, side)));
      const release = await bench.stores.holdSnapshot();
      held.push(await withProduct(bench, {}, (side) => paidRound(bench, side)));
      await release();
    }
    const rate = ({ paidPerSecond }: PaidRound) => paidPerSecond;
    return {
      goals: { 'held-snapshot': { rate: { ours: held.map(rate), peer: free.map(rate) } } },
      rounds: [{ row: 'held-snapshot', held, free }],
    };
  },
};
