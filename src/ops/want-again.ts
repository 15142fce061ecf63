import type { JobContract } from '../jobs/define-job.ts';
import { type Asks, marketBusy } from '../market/asks.ts';
import type { FailedFetches } from '../market/failed-fetches.ts';

/** What is remembered of wishes for market data. */
export type Wishes = Readonly<{ asks: Pick<Asks, 'admit'>; failedFetches: Pick<FailedFetches, 'forget'> }>;

/**
 * Counts whoever has a fetch done again among those who want its copy: those for whom it was done first have gone, and one that
 * nobody wants ends without a call, as does one that has just brought nothing. @throws Problem market_busy
 */
export async function wantAgain(
  { asks, failedFetches }: Wishes,
  kind: Pick<JobContract, 'copyName' | 'payload'> | undefined,
  data: unknown,
): Promise<void> {
  const payload = kind?.copyName && kind.payload.safeParse(data);
  if (!kind?.copyName || !payload?.success) return;
  const name = kind.copyName(payload.data);
  if (!(await asks.admit(name))) throw marketBusy();
  await failedFetches.forget(name);
}
