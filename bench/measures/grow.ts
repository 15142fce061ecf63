import { type Bench, type Measure, withProduct } from '../bench.ts';
import { type PaidRound, paidRound } from './paid-round.ts';
import { storeOrders } from './store-orders.ts';

const few = 10_000;

/** Paid orders with many stored, all their rows with them, beside few. What is stored cannot be taken back, so that few come first. */
export const grow: Measure = {
  ids: ['grow'],
  isOnlyByName: true,
  async run(bench) {
    const many = bench.effort.isQuick ? 100_000 : 2_000_000;
    await storeOrders(bench, few);
    const before = await roundsOf(bench, few);
    await storeOrders(bench, many);
    const after = await roundsOf(bench, many);
    const rate = ({ paidPerSecond }: PaidRound) => paidPerSecond;
    return {
      goals: { grow: { rate: { ours: after.map(rate), peer: before.map(rate) } } },
      rounds: [{ row: 'grow', few, before, many, after }],
    };
  },
};

async function roundsOf(bench: Bench, stored: number): Promise<readonly PaidRound[]> {
  const rounds: PaidRound[] = [];
  for (let round = 0; round < bench.effort.rounds; round += 1) {
    bench.say(`grow: round ${round + 1} of ${bench.effort.rounds} with ${stored} orders stored`);
    rounds.push(await withProduct(bench, {}, (side) => paidRound(bench, side)));
  }
  return rounds;
}
