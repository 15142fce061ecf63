import { OrderView } from '../../../src/api/orders/order-view.ts';
import type { z } from 'zod';
import { Payment } from '../../../src/entities/payments.entity.ts';
import { Product } from '../../../src/entities/catalog.entity.ts';
import { gatewaysOf } from '../../../src/gateways/payment-gateways.ts';
import {
  type ChargeOutcome,
  type PaymentGateway,
  type PaymentGateways,
} from '../../../src/gateways/payments/payment-gateway.ts';
import type { JobContext } from '../../../src/context.ts';
import { chargeOrder } from '../../../src/jobs/payments/charge-order.job.ts';
import { refundPayment } from '../../../src/jobs/payments/refund-payment.job.ts';
import { performJob } from './perform-job.ts';
import { patienceMs } from '../processes/process.ts';
import { openTestApi, type TestApi } from './test-api.ts';

/** A shop in this process whose jobs run when a test says so. */
export type Shop = TestApi &
  Readonly<{
    /** Places an order as the demo customer. */
    place(body?: object): Promise<z.output<typeof OrderView>>;
    read(id: string): Promise<z.output<typeof OrderView>>;
    /** Runs the order's charge job once, on a gateway of the test's own. */
    charge(
      id: string,
      gateway: Partial<PaymentGateway>,
      ctx?: Partial<JobContext & Pick<PaymentGateway, 'outage'>>,
      signal?: AbortSignal,
    ): Promise<string>;
    /** Runs the newest refund of the order once, on a gateway of the test's own. */
    refund(
      id: string,
      gateway: Partial<PaymentGateway>,
      ctx?: Partial<JobContext & Pick<PaymentGateway, 'outage'>>,
      signal?: AbortSignal,
    ): Promise<string>;
    /** A product of which this many are left. */
    stocked(stock: number, priceMinor?: number): Promise<number>;
    stockOf(product: number): Promise<number | null | undefined>;
    payments(order: string): Promise<readonly PaymentRow[]>;
  }>;

type PaymentRow = Awaited<ReturnType<typeof paymentsOf>>[number];

const patience = () => AbortSignal.timeout(patienceMs);

/** Opens it; `env` is laid over the test's environment. Orders that name no method wait for their buyer. */
export async function openShop(env: Readonly<Record<string, string>> = {}): Promise<Shop> {
  const api = await openTestApi({ PAYMENT_GATEWAY: 'stripe', STRIPE_SECRET_KEY: 'sk_test_none', ...env });
  const em = () => api.ctx.orm.em.fork();
  const read = async (id: string) =>
    OrderView.parse(await (await api.send('GET', `/orders/${id}`, { as: 'demo' })).json());
  const on = (
    gateway: Partial<PaymentGateway>,
    { outage, ...ctx }: Partial<JobContext & Pick<PaymentGateway, 'outage'>>,
  ): JobContext => {
    const gateways = answering(api.ctx.payments.gateways, { ...gateway, ...(outage && { outage }) });
    return { ...api.ctx, ...ctx, payments: { ...api.ctx.payments, gateways } };
  };
  return {
    ...api,
    read,
    async place(body = { products: [1, 2], payment_method: 'pm_card_visa' }) {
      return OrderView.parse(await (await api.send('POST', '/orders', { as: 'demo', body })).json());
    },
    async charge(id, gateway, ctx = {}, signal = patience()) {
      const { payment } = await read(id);
      const payload = { order_id: id, payment_id: payment?.id ?? '' };
      const given = on(gateway, ctx);
      return (await performJob(chargeOrder, payload, given, { signal })).payment_status;
    },
    async refund(id, gateway, ctx = {}, signal = patience()) {
      const { refunds } = await read(id);
      const payload = { order_id: id, refund_id: refunds.at(-1)?.id ?? '' };
      const given = on(gateway, ctx);
      return (await performJob(refundPayment, payload, given, { signal })).refund_status;
    },
    stocked: async (stock, priceMinor = 1_000) =>
      em().insert(Product, { title: 'Counted', priceMinor, currency: 'USD', stock }),
    stockOf: async (product) => (await em().findOneOrFail(Product, product)).stock,
    payments: (order) => paymentsOf(api, order),
  };
}

function paymentsOf(api: TestApi, order: string) {
  return api.ctx.orm.em.fork().find(Payment, { order }, { orderBy: { id: 'asc' } });
}

/** The gateways of a deployment, of which the one for new payments answers as a test wants. */
export function answering({ current, all, named }: PaymentGateways, gateway: Partial<PaymentGateway>): PaymentGateways {
  return gatewaysOf(current, [{ ...named(current), ...gateway }, ...all.filter(({ name }) => name !== current)]);
}

/** A gateway that takes every charge, once a key, and notes each call. */
export function takingGateway(calls: string[] = []): Pick<PaymentGateway, 'charge'> {
  return {
    charge: async ({ key }): Promise<ChargeOutcome> => {
      calls.push(key);
      return { status: 'succeeded', reference: `pi_${key}` };
    },
  };
}

/** A gateway that refuses every charge. */
export const refusingGateway: Pick<PaymentGateway, 'charge'> = {
  charge: async ({ key }) => ({ status: 'failed', reference: `pi_${key}`, code: 'card_declined', detail: 'No.' }),
};
