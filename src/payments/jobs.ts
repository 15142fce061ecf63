import { z } from 'zod';

/** The jobs that payments ask for, by a transaction of theirs; what they do stands in their own files. */
export const paymentJobs = {
  refund: { kind: 'refund-payment', payload: z.object({ order_id: z.uuid(), refund_id: z.uuid() }) },
  lookUpRefunds: { kind: 'look-up-refunds', payload: z.object({ order_id: z.uuid(), payment_id: z.uuid() }) },
} as const;
