import { z } from '@hono/zod-openapi';
import { Order } from '../../entities/orders.entity.ts';
import { answerOnce, IdempotencyHeaders } from '../http/answer-once.ts';
import { audit } from '../callers/audit.ts';
import { defineRoute } from '../http/define-route.ts';
import { Uuid } from '../http/fields.ts';
import { exampleOrder } from '../docs/examples.ts';
import { OrderView, orderViews } from './order-view.ts';
import { namedOrder } from './orders.routes.ts';
import { principalOf } from '../callers/principal.ts';
import { refundOrder } from '../../payments/refund-order.ts';

const RefundRequest = z
  .strictObject({
    amount: z.number().positive().max(1e12).optional().openapi({ description: 'Default: all that is left.' }),
    reason: z.string().trim().min(1).max(200).optional().openapi({ description: 'Kept with the refund, for people.' }),
  })
  .openapi('RefundRequest');

const refund = defineRoute(
  'admin',
  {
    method: 'post',
    path: '/orders/{id}/refund',
    operationId: 'refundOrder',
    summary: 'Gives the whole payment back, or a part of what is left of it.',
    tags: ['orders'],
    request: {
      params: z.object({ id: Uuid.openapi({ example: exampleOrder.id }) }),
      headers: IdempotencyHeaders,
      body: {
        required: false,
        content: { 'application/json': { schema: RefundRequest, example: { amount: 25.5, reason: 'Arrived broken' } } },
      },
    },
    responses: {
      202: {
        description: 'The order, with the refund under way.',
        headers: z.object({ Location: z.string() }),
        content: {
          'application/json': {
            schema: OrderView,
            example: {
              ...exampleOrder,
              status: 'paid' as const,
              paid_at: '2026-11-22T10:00:01.000Z',
              refunds: [
                {
                  id: '019341d2-0000-7000-8000-000000000009',
                  status: 'processing' as const,
                  amount: 25.5,
                  reason: 'Arrived broken',
                  failure_code: null,
                },
              ],
            },
          },
        },
      },
      404: { description: 'not_found' },
      409: { description: 'order_closed, idempotency_key_in_use' },
      422: { description: 'invalid, refund_too_large, amount_not_chargeable, idempotency_key_reused' },
    },
  },
  (c) => {
    const request = c.req.valid('json');
    const { id } = c.req.valid('param');
    const {
      payments: { gateways },
      now,
    } = c.get('ctx');
    const at = now();
    return answerOnce(c, request, async (tx, after) => {
      const refundId = await refundOrder(tx, after, {
        id,
        amount: request.amount,
        reason: request.reason,
        gateways,
        at,
      });
      const order = await tx.findOneOrFail(Order, { id }, { disableIdentityMap: true });
      const [view] = await orderViews(tx, [order], principalOf(c).userId);
      const { user, currency, status } = order;
      await audit(c, tx, {
        before: { status },
        after: { status, user_id: user, currency, refund: view?.refunds.find((each) => each.id === refundId) },
      });
      return { status: 202, body: view ?? {}, location: `/orders/${id}` };
    });
  },
  namedOrder,
);

/** Giving money back. */
export const routes = [refund];
