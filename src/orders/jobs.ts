import { z } from 'zod';

/** The gateway that the payment's row names, so that nobody has to read it there to learn whether it rests; else it is read. */
export const GatewayName = z.string().max(20).optional();

/** The jobs that orders ask for, by a transaction of theirs; what they do stands in their own files. */
export const orderJobs = {
  charge: {
    kind: 'charge-order',
    payload: z.object({ order_id: z.uuid(), payment_id: z.uuid(), gateway: GatewayName }),
  },
} as const;
