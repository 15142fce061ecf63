import type { z } from '@hono/zod-openapi';
import type { PaymentView } from '../../../src/api/payments/payments.routes.ts';
import { formatMoment } from '../parts/moment.ts';

/** A payment as the API shows it. */
export type Payment = z.output<typeof PaymentView>;

type Agreed = Readonly<{ status: string }> & Pick<Payment, 'settled_at' | 'review_at' | 'calls'>;

/** How far the gateway and the shop agree about a payment or a refund. */
export function reconciledOf({ status, settled_at: settled, review_at: review, calls }: Agreed): string {
  if (settled !== null) return `settled ${formatMoment(settled)}`;
  if (review === null) return 'not asked yet';
  const times = calls === 1 ? 'once' : `${calls} times`;
  return `${status === 'unknown' ? 'not known' : 'open'}, asked ${times}, again ${formatMoment(review)}`;
}
