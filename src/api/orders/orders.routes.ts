import { z } from '@hono/zod-openapi';
import type { InferEntity } from '@mikro-orm/mysql';
import type { Context as HonoContext } from 'hono';
import { Order } from '../../entities/orders.entity.ts';
import { Problem } from '../../errors.ts';
import { answerKeyed, IdempotencyHeaders, recall, stored } from '../http/answer-once.ts';
import { audit } from '../callers/audit.ts';
import { defineRoute } from '../http/define-route.ts';
import { Uuid } from '../http/fields.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { exampleOrder } from '../docs/examples.ts';
import { buyerOf, requireBuyer } from './order-buyer.ts';
import { OrderRequest, wishedItems } from './order-request.ts';
import { orderContent, orderView, orderViews } from './order-view.ts';
import { meansOf } from '../../orders/mint-payment.ts';
import type { PlacedOrder } from '../../orders/accept-orders.ts';
import { principalOf } from '../callers/principal.ts';
import { tenantOfCaller } from '../callers/tenant.ts';
import { takesOf } from '../../orders/takeable.ts';

const create = defineRoute(
  'user',
  {
    method: 'post',
    path: '/orders',
    operationId: 'placeOrder',
    summary: 'Places an order; once answered it is durable, and its payment is under way.',
    tags: ['orders'],
    request: {
      headers: IdempotencyHeaders,
      body: {
        required: true,
        content: {
          'application/json': { schema: OrderRequest, example: { user_id: 1, products: [1, 2], total_amount: 100 } },
        },
      },
    },
    responses: {
      201: { description: 'The order, pending.', headers: z.object({ Location: z.string() }), content: orderContent },
      403: { description: 'forbidden: an order for someone else' },
      409: { description: 'out_of_stock, idempotency_key_in_use' },
      422: {
        description:
          'invalid, unknown_product, total_mismatch, currency_required, currency_unavailable, amount_not_chargeable, ' +
          'idempotency_key_reused',
      },
      503: { description: 'fx_rate_unavailable' },
    },
  },
  (c) => {
    const request = c.req.valid('json');
    const principal = principalOf(c);
    const ctx = c.get('ctx');
    const userId = buyerOf(principal, request.user_id);
    const means = meansOf(ctx, request.payment_method);
    const at = ctx.now();
    const shown = ({ order, lines, payment }: PlacedOrder) => orderView(order, lines, payment, userId);
    return answerKeyed(c, request, async (keyed) => {
      // Someone else may have left since the order was placed for them; one's own answer is looked for with what is ordered.
      const known = keyed && userId !== principal.userId ? await recall(c, keyed) : undefined;
      if (known) return { answer: known, isReplayed: true };
      await requireBuyer(ctx, principal, userId);
      return c.get('acceptOrder')({
        userId,
        tenant: tenantOfCaller(principal),
        items: wishedItems(request),
        totalAmount: request.total_amount,
        currency: request.currency,
        means,
        takes: takesOf(ctx.payments.gateways),
        at,
        fxMaxAgeMs: ctx.config.FX_MAX_AGE_SECONDS * 1_000,
        request: keyed,
        answer: (placed) => stored({ status: 201, body: shown(placed), location: `/orders/${placed.order.id}` }),
        ...(userId === principal.userId
          ? {}
          : { note: (tx, placed) => audit(c, tx, { subject: placed.order.id, after: shown(placed) }) }),
      });
    });
  },
);

const read = defineRoute(
  'user',
  {
    method: 'get',
    path: '/orders/{id}',
    operationId: 'readOrder',
    summary: 'One order with its lines and its last payment.',
    tags: ['orders'],
    request: { params: z.object({ id: Uuid.openapi({ example: exampleOrder.id }) }) },
    responses: { 200: { description: 'The order.', content: orderContent }, 404: { description: 'not_found' } },
  },
  async (c) => {
    const [view] = await orderViews(c.get('ctx').orm.em.fork(), [await namedOrder(c)], principalOf(c).userId);
    if (!view) throw unknownOrder();
    return c.json(view, 200);
  },
  namedOrder,
);

/** The order that the path names, if the caller may see it. @throws Problem not_found */
export async function namedOrder(c: HonoContext<RouteEnv>): Promise<InferEntity<typeof Order>> {
  const { userId, role } = principalOf(c);
  const where = { id: Uuid.parse(c.req.param('id')), ...(role === 'admin' ? {} : { user: userId }) };
  const order = await c.get('ctx').orm.em.fork().findOne(Order, where, { disableIdentityMap: true });
  if (!order) throw unknownOrder();
  return order;
}

function unknownOrder(): Problem {
  return new Problem('not_found', 'You have no such order.');
}

/** Placing and reading orders. */
export const routes = [create, read];
