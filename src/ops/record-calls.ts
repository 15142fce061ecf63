import { BudgetMinute } from '../entities/ops.entity.ts';
import type { Market } from '../market/market.ts';
import { type MinuteSums, openMinuteSums, type Recording } from './minute-sums.ts';

/** What a process records of the calls that it makes to the provider: how many in each lane. Several add to the same rows. */
export function openCallRecorder(
  ctx: Recording & Readonly<{ market: Pick<Market, 'onCall'>; now: () => Date }>,
): Omit<MinuteSums, 'add'> {
  const { add, ...sums } = openMinuteSums(ctx, { entity: BudgetMinute, key: ['lane'], sums: ['calls'] });
  ctx.market.onCall((lane) => add(ctx.now().getTime(), [lane], [1]));
  return sums;
}
