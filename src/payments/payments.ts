import type { Redis } from 'ioredis';
import type { Config } from '../config.ts';
import { openPaymentGateways } from '../gateways/payment-gateways.ts';
import type { PaymentGateways } from '../gateways/payments/payment-gateway.ts';

/** Whoever takes the money, and how long an order waits for it. */
export type Payments = Readonly<{
  gateways: PaymentGateways;
  /** How long an order waits for its buyer, ms. */
  expiryMs: number;
}>;

/** Opens the payment gateways; nothing is asked yet. */
export async function openPayments(config: Config, redis: Redis): Promise<Payments> {
  return { gateways: await openPaymentGateways(config, redis), expiryMs: config.ORDER_EXPIRY_SECONDS * 1_000 };
}
