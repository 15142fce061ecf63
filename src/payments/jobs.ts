import { z } from 'zod';
import { GatewayName } from '../orders/jobs.ts';

/** The jobs that payments ask for, by a transaction of theirs; what they do stands in their own files. */
export const paymentJobs = {
  refund: {
    kind: 'refund-payment',
    payload: z.object({ order_id: z.uuid(), refund_id: z.uuid(), gateway: GatewayName }),
  },
  lookUpRefunds: {
    kind: 'look-up-refunds',
    payload: z.object({ order_id: z.uuid(), payment_id: z.uuid(), gateway: GatewayName }),
  },
} as const;
