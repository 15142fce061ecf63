import type { Redis } from 'ioredis';
import type { Config } from '../config.ts';
import { openOutage, type Outage } from '../gateways/http/outage.ts';
import { openPace } from '../gateways/http/pace.ts';
import { openPaymentGateways } from '../gateways/payment-gateways.ts';
import type { PaymentGateways } from '../gateways/payments/payment-gateway.ts';

/** Whoever takes the money, and how long an order waits for it. */
export type Payments = Readonly<{
  gateways: PaymentGateways;
  /** The breaker of the payment gateway. */
  outage: Outage;
  /** How long an order waits for its buyer, ms. */
  expiryMs: number;
}>;

/** Opens the payment gateways; nothing is asked yet. */
export function openPayments(config: Config, redis: Redis): Payments {
  const perSecond = config.PAYMENTS_PER_SECOND;
  const pace = perSecond === undefined ? undefined : openPace(redis, 'payments', perSecond);
  return {
    gateways: openPaymentGateways(config, pace),
    outage: openOutage(redis, 'payments', pace),
    expiryMs: config.ORDER_EXPIRY_SECONDS * 1_000,
  };
}
