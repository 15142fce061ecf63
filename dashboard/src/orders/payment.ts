import type { z } from '@hono/zod-openapi';
import type { PaymentView } from '../../../src/api/payments/payments.routes.ts';

/** A payment as the API shows it. */
export type Payment = z.output<typeof PaymentView>;
