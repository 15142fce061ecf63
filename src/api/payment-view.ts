import { z } from '@hono/zod-openapi';
import { paymentStatuses } from '../entities/payment.entity.ts';
import type { PaymentRow } from '../orders/lock-order.ts';
import { toMajor } from '../orders/money.ts';

/** One try to pay an order, as the API shows it. */
export const PaymentView = z
  .object({
    id: z.string(),
    order_id: z.string(),
    status: z.enum(paymentStatuses).openapi({
      description: '`unknown`: the gateway was asked and its answer was lost; what it did is being found out.',
    }),
    method: z.string(),
    amount: z.number(),
    currency: z.string(),
    gateway: z.string(),
    gateway_reference: z.string().nullable(),
    failure_code: z.string().nullable(),
    failure_detail: z.string().nullable(),
    client_secret: z.string().optional().openapi({
      description: 'For the owner alone, while the status is requires_action: what the gateway’s form needs.',
    }),
    created_at: z.string(),
    settled_at: z.string().nullable(),
  })
  .openapi('Payment');

/** The view of a payment, as `viewerId` may see it. */
export function paymentView(payment: PaymentRow, viewerId: number): z.input<typeof PaymentView> {
  const { clientSecret, user, currency } = payment;
  return {
    id: payment.id,
    order_id: payment.order,
    status: payment.status,
    method: payment.method,
    amount: toMajor(payment.amountMinor, currency),
    currency,
    gateway: payment.gateway,
    gateway_reference: payment.gatewayReference ?? null,
    failure_code: payment.failureCode ?? null,
    failure_detail: payment.failureDetail ?? null,
    ...(clientSecret && user === viewerId ? { client_secret: clientSecret } : {}),
    created_at: payment.createdAt.toISOString(),
    settled_at: payment.settledAt?.toISOString() ?? null,
  };
}
