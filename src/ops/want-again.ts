import type { JobContract } from '../jobs/define-job.ts';
import { type Asks, marketBusy } from '../market/asks.ts';

/**
 * Counts whoever has a fetch done again among those who want its copy: those for whom it was done first have gone, and one that
 * nobody wants ends without a call. @throws Problem market_busy
 */
export async function wantAgain(
  asks: Pick<Asks, 'admit'>,
  kind: Pick<JobContract, 'copyName' | 'payload'> | undefined,
  data: unknown,
): Promise<void> {
  const payload = kind?.copyName && kind.payload.safeParse(data);
  if (kind?.copyName && payload?.success && !(await asks.admit(kind.copyName(payload.data)))) throw marketBusy();
}
