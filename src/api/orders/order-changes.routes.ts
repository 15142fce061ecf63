import { z } from '@hono/zod-openapi';
import type { EntityManager } from '@mikro-orm/mysql';
import type { Context as HonoContext } from 'hono';
import { Order } from '../../entities/orders.entity.ts';
import { Problem } from '../../errors.ts';
import { cancelPayment } from '../../jobs/payments/cancel-payment.job.ts';
import type { AfterCommit } from '../../outbox/after-commit.ts';
import { answerOnce, IdempotencyHeaders, strayBody } from '../http/answer-once.ts';
import { audit, differing } from '../callers/audit.ts';
import { AwaitsBuyer, cancelForBuyer, changeOrder, payOrder, type Whose } from '../../orders/change-order.ts';
import { defineRoute } from '../http/define-route.ts';
import { Uuid } from '../http/fields.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { exampleOrder } from '../docs/examples.ts';
import { OrderChangeRequest, PayRequest, wishedItems } from './order-request.ts';
import { orderContent, OrderView, orderViews } from './order-view.ts';
import { namedOrder } from './orders.routes.ts';
import { requiredMeans } from '../../orders/mint-payment.ts';
import { principalOf } from '../callers/principal.ts';
import { tenantOfCaller } from '../callers/tenant.ts';
import { takesOf } from '../../orders/takeable.ts';

const params = z.object({ id: Uuid.openapi({ example: exampleOrder.id }) });
const endWaitingMs = 8_000;
const cancelled = {
  'application/json': { schema: OrderView, example: { ...exampleOrder, status: 'cancelled' as const, payment: null } },
};

const change = defineRoute(
  'user',
  {
    method: 'patch',
    path: '/orders/{id}',
    operationId: 'changeOrder',
    summary: 'Changes the items or the payment method of an order that is neither paid nor being charged.',
    tags: ['orders'],
    request: {
      params,
      headers: IdempotencyHeaders,
      body: {
        required: true,
        content: {
          'application/json': { schema: OrderChangeRequest, example: { items: [{ product_id: 1, quantity: 2 }] } },
        },
      },
    },
    responses: {
      200: { description: 'The order as it is now.', content: orderContent },
      404: { description: 'not_found' },
      409: { description: 'order_closed, payment_in_progress, out_of_stock, idempotency_key_in_use' },
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
    const hasItems = request.products !== undefined || request.items !== undefined;
    const {
      config,
      payments: { gateways },
    } = c.get('ctx');
    const wanted = {
      items: hasItems ? wishedItems(request) : undefined,
      totalAmount: request.total_amount,
      currency: request.currency,
      takesOf: (gateway: string | undefined) => takesOf(gateways, gateway),
      fxMaxAgeMs: config.FX_MAX_AGE_SECONDS * 1_000,
      means: request.payment_method ? { method: request.payment_method, gateway: gateways.current } : undefined,
    };
    return answerChanged(c, request, (tx, after, whose) => changeOrder(tx, after, whose, wanted));
  },
  namedOrder,
);

const pay = defineRoute(
  'user',
  {
    method: 'post',
    path: '/orders/{id}/pay',
    operationId: 'payOrder',
    summary: 'Pays an order that waits for it, or whose last payment has failed.',
    tags: ['orders'],
    request: {
      params,
      headers: IdempotencyHeaders,
      body: {
        required: false,
        content: { 'application/json': { schema: PayRequest, example: { payment_method: 'pm_card_visa' } } },
      },
    },
    responses: {
      200: { description: 'The order, its payment under way.', content: orderContent },
      404: { description: 'not_found' },
      409: { description: 'payment_in_progress, order_closed, idempotency_key_in_use' },
      422: { description: 'invalid, payment_method_required, amount_not_chargeable, idempotency_key_reused' },
    },
  },
  (c) => {
    const request = c.req.valid('json');
    const { ctx } = c.var;
    return answerChanged(c, request, (tx, after, whose) =>
      payOrder(tx, after, whose, {
        means: requiredMeans(ctx, request.payment_method),
        takes: takesOf(ctx.payments.gateways),
      }),
    );
  },
  namedOrder,
);

const cancelling = {
  summary: 'Cancels an order that is neither paid nor being charged, and gives its stock back; again: the same answer.',
  tags: ['orders'],
  responses: {
    200: { description: 'The order, cancelled.', content: cancelled },
    404: { description: 'not_found' },
    409: { description: 'payment_in_progress, order_closed, idempotency_key_in_use' },
    413: { description: 'too_large' },
    422: { description: 'invalid, idempotency_key_reused' },
    503: { description: 'unavailable' },
  },
};

const remove = defineRoute(
  'user',
  {
    method: 'delete',
    path: '/orders/{id}',
    operationId: 'deleteOrder',
    request: { params, headers: IdempotencyHeaders },
    ...cancelling,
  },
  (c) => answerCancelled(c),
  namedOrder,
);

const cancel = defineRoute(
  'user',
  {
    method: 'post',
    path: '/orders/{id}/cancel',
    operationId: 'cancelOrder',
    request: { params, headers: IdempotencyHeaders },
    ...cancelling,
  },
  (c) => answerCancelled(c),
  namedOrder,
);

/** The gateway is asked by a job: should this process end, or the gateway take its time, the payment is ended all the same. */
async function answerCancelled(c: HonoContext<RouteEnv, '/orders/{id}'>): Promise<Response> {
  const body = await strayBody(c);
  try {
    return await answerChanged(c, body, cancelForBuyer);
  } catch (error) {
    if (!(error instanceof AwaitsBuyer)) throw error;
    await endWaiting(c, error);
    return answerChanged(c, body, cancelForBuyer);
  }
}

async function endWaiting(c: HonoContext<RouteEnv>, { orderId, paymentId }: AwaitsBuyer): Promise<void> {
  const { ctx, answers } = c.var;
  const payload = { order_id: orderId, payment_id: paymentId, reason: 'requested' as const };
  const tenant = tenantOfCaller(principalOf(c));
  const id = await ctx.jobs.enqueue(cancelPayment, payload, { tenant }).catch((cause: unknown) => {
    throw new Problem('unavailable', 'The gateway cannot be asked at the moment.', {
      cause,
      headers: { 'retry-after': '2' },
    });
  });
  await answers.endOf(cancelPayment.queue.name, id, endWaitingMs);
}

type ChangeWork = (tx: EntityManager, after: AfterCommit, whose: Whose) => Promise<void>;

/** Does the change and answers the order as it is then, in one transaction. */
function answerChanged(c: HonoContext<RouteEnv, '/orders/{id}'>, body: unknown, work: ChangeWork): Promise<Response> {
  const principal = principalOf(c);
  const { userId, role } = principal;
  const id = Uuid.parse(c.req.param('id'));
  const tenant = tenantOfCaller(principal);
  const whose = { id, userId: role === 'admin' ? undefined : userId, at: c.get('ctx').now(), tenant };
  return answerOnce(c, body, async (tx, after) => {
    const before = role === 'admin' ? await viewOf(tx, id, userId) : undefined;
    await work(tx, after, whose);
    const view = await viewOf(tx, id, userId);
    if (view && view.user_id !== userId) await audit(c, tx, differing(before ?? {}, view));
    return { status: 200, body: view ?? {} };
  });
}

async function viewOf(tx: EntityManager, id: string, viewerId: number) {
  const order = await tx.findOne(Order, { id }, { disableIdentityMap: true });
  const [view] = order ? await orderViews(tx, [order], viewerId) : [];
  return view;
}

/** What can be done with an order that is not paid. */
export const routes = [change, pay, remove, cancel];
