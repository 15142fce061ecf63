import type { z } from '@hono/zod-openapi';
import type { PaymentView } from '../../../src/api/payments/payments.routes.ts';
import { formatMoment } from '../parts/moment.ts';

/** A payment as the API shows it. */
export type Payment = z.output<typeof PaymentView>;

/** How far the gateway and the shop agree about it. */
export function reconciledOf({ status, settled_at: settled, review_at: review, calls }: Payment): string {
  if (settled !== null) return `settled ${formatMoment(settled)}`;
  if (review === null) return 'not asked yet';
  const times = calls === 1 ? 'once' : `${calls} times`;
  return `${status === 'unknown' ? 'not known' : 'open'}, asked ${times}, again ${formatMoment(review)}`;
}
