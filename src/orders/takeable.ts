import { decimalsOf, mostMinor, toMajor } from '../money/money.ts';
import { Problem } from '../errors.ts';
import type { AmountLimits, PaymentGateways } from '../gateways/payments/payment-gateway.ts';

/** What the gateway can take of a currency. */
export type Takes = (currency: string) => AmountLimits;

/**
 * What the gateway of this name can take, or the one that takes new payments: where none is named, and where this deployment
 * cannot speak to it, so that what it could take is not known.
 */
export function takesOf({ all, current, named }: PaymentGateways, gateway = current): Takes {
  return (all.find(({ name }) => name === gateway) ?? named(current)).limits;
}

type Named = Readonly<{ minor: number; currency: string; limits: AmountLimits; pointer: string }>;

/**
 * Refuses an amount where it is named, rather than sell what the gateway could never take.
 * @throws Problem amount_not_chargeable, with what to name instead.
 */
export function refuseUntakeable({ minor, currency, limits, pointer }: Named): void {
  const { stepMinor, leastMinor, mostMinor: largestMinor } = limits;
  const said = (amount: number) => `${toMajor(amount, currency).toFixed(decimalsOf(currency))} ${currency}`;
  const refuse = (detail: string) => {
    throw new Problem('amount_not_chargeable', `${said(minor)} can never be charged: it ${detail}.`, {
      errors: [{ pointer, detail }],
    });
  };
  if (minor < leastMinor) refuse(`must be at least ${said(leastMinor)}`);
  if (minor > largestMinor) refuse(`must be at most ${said(largestMinor)}`);
  if (minor % stepMinor !== 0) refuse(`must be a multiple of ${said(stepMinor)}`);
}

/** The amount, where JavaScript counts its minor units exactly. @throws Problem amount_not_chargeable */
export function countable(minor: number, currency: string): number {
  if (minor <= mostMinor) return minor;
  throw new Problem('amount_not_chargeable', `So much cannot be counted in ${currency}.`, {
    errors: [{ pointer: '', detail: 'must be fewer pieces, or in a currency whose unit is worth more' }],
  });
}
