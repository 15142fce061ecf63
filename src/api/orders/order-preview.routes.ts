import { z } from '@hono/zod-openapi';
import { toMajor } from '../../money/money.ts';
import { meansOf } from '../../orders/mint-payment.ts';
import { type Priced, previewItems } from '../../orders/price-items.ts';
import { takesOf } from '../../orders/takeable.ts';
import { principalOf } from '../callers/principal.ts';
import { exampleOrder } from '../docs/examples.ts';
import { defineRoute } from '../http/define-route.ts';
import { buyerOf, requireBuyer } from './order-buyer.ts';
import { OrderRequest, wishedItems } from './order-request.ts';
import { LineView, OrderView } from './order-view.ts';

const { user_id, total_amount, currency, fx_rate, fx_source, fx_as_of } = OrderView.shape;
/** What an order would be. */
export const PreviewView = z
  .object({
    user_id,
    items: z.array(
      LineView.extend({
        stock: z.int().nullable().openapi({ description: 'Pieces that are left now; null: they are not counted.' }),
      }),
    ),
    total_amount,
    currency,
    fx_rate,
    fx_source,
    fx_as_of,
    payment_method: z.string().nullable().openapi({
      description: 'What the order would be charged to; null: it would wait until it is paid.',
    }),
  })
  .openapi('OrderPreview');

const example = {
  user_id: exampleOrder.user_id,
  items: exampleOrder.items.map((item) => ({ ...item, stock: null })),
  total_amount: exampleOrder.total_amount,
  currency: exampleOrder.currency,
  fx_rate: null,
  fx_source: null,
  fx_as_of: null,
  payment_method: exampleOrder.payment.method,
};

const preview = defineRoute(
  'user',
  {
    method: 'post',
    path: '/orders/preview',
    operationId: 'previewOrder',
    summary: 'What an order would cost now, and what is left of its products; nothing is written.',
    tags: ['orders'],
    request: {
      body: {
        required: true,
        content: { 'application/json': { schema: OrderRequest, example: { products: [1, 2] } } },
      },
    },
    responses: {
      200: {
        description: 'The order as it would be.',
        content: { 'application/json': { schema: PreviewView, example } },
      },
      403: { description: 'forbidden: an order for someone else' },
      409: { description: 'out_of_stock' },
      422: {
        description:
          'invalid, unknown_product, total_mismatch, currency_required, currency_unavailable, amount_not_chargeable',
      },
      503: { description: 'fx_rate_unavailable' },
    },
  },
  async (c) => {
    const request = c.req.valid('json');
    const { ctx } = c.var;
    const principal = principalOf(c);
    const userId = buyerOf(principal, request.user_id);
    await requireBuyer(ctx, principal, userId);
    const means = meansOf(ctx, request.payment_method);
    const priced = await previewItems(ctx.orm.em.fork(), {
      items: wishedItems(request),
      totalAmount: request.total_amount,
      currency: request.currency,
      takes: takesOf(ctx.payments.gateways),
      at: ctx.now(),
      fxMaxAgeMs: ctx.config.FX_MAX_AGE_SECONDS * 1_000,
    });
    return c.json({ user_id: userId, ...previewView(priced), payment_method: means?.method ?? null }, 200);
  },
);

function previewView({ priced, totalMinor, currency: unit, conversion: { fxRate, fxSource, fxAsOf } }: Priced) {
  return {
    items: priced.map(({ product, quantity, unitPriceMinor, lineTotalMinor, fxRate: rate }) => ({
      product_id: product.id,
      title: product.title,
      quantity,
      unit_price: toMajor(unitPriceMinor, unit),
      line_total: toMajor(lineTotalMinor, unit),
      ...(rate === null ? {} : { fx_rate: Number(rate) }),
      stock: product.stock ?? null,
    })),
    total_amount: toMajor(totalMinor, unit),
    currency: unit,
    fx_rate: fxRate === null ? null : Number(fxRate),
    fx_source: fxSource,
    fx_as_of: fxAsOf?.toISOString() ?? null,
  };
}

/** Asking what an order would be. */
export const routes = [preview];
