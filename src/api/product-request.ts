import { z } from '@hono/zod-openapi';
import { decimalsOf } from '../currencies.ts';
import { Problem } from '../errors.ts';
import { Currency } from '../market/currency.ts';
import { toMajor, toMinor, mostPriceMinor } from '../orders/money.ts';
import { refuseUntakeable, type Takes } from './takeable.ts';

const Title = z.string().trim().min(1).max(300);
const Price = z
  .number()
  .positive()
  .openapi({ description: 'In major units, with no more decimals than the currency.' });
const more = {
  description: z.string().trim().max(10_000).nullable().optional(),
  category: z.string().trim().min(1).max(100).nullable().optional(),
  image: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .nullable()
    .optional(),
  stock: z.int().min(0).max(1_000_000_000).nullable().optional().openapi({ description: 'null: not counted.' }),
};

/** A product to be made. */
export const NewProduct = z
  .strictObject({ title: Title, price: Price, currency: Currency.default('USD'), ...more })
  .openapi('NewProduct');

/** What to change of a product. A currency comes with its price: one amount is worth something else in another. */
export const ProductChange = z
  .strictObject({ title: Title.optional(), price: Price.optional(), currency: Currency.optional(), ...more })
  .refine(({ price, currency }) => currency === undefined || price !== undefined, {
    path: ['price'],
    message: 'must come with a currency',
  })
  .openapi('ProductChange');

/**
 * A price in minor units. Any number of pieces must add up to what can be charged, so it is whole steps of that, too; that one
 * piece alone may be less than the least, is no fault.
 * @throws Problem when it is no amount of the currency, too large, or none that the gateway could take.
 */
export function priceMinorOf(price: number, currency: string, takes: Takes): number {
  const minor = toMinor(price, currency);
  if (minor === undefined || minor > mostPriceMinor) throw noPrice(minor, currency);
  const limits = { ...takes(currency), leastMinor: 0 };
  refuseUntakeable({ minor, currency, limits, pointer: '/price' });
  return minor;
}

function noPrice(minor: number | undefined, currency: string): Problem {
  const detail =
    minor === undefined
      ? `must have at most ${decimalsOf(currency)} decimals in ${currency}`
      : `must be at most ${toMajor(mostPriceMinor, currency)}`;
  return new Problem('invalid', 'The price is no amount of its currency.', { errors: [{ pointer: '/price', detail }] });
}
