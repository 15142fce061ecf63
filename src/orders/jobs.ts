import { z } from 'zod';

/** The jobs that orders ask for, by a transaction of theirs; what they do stands in their own files. */
export const orderJobs = {
  charge: { kind: 'charge-order', payload: z.object({ order_id: z.uuid(), payment_id: z.uuid() }) },
} as const;
