import { z } from '@hono/zod-openapi';
import { Problem } from '../errors.ts';
import { decimalsOf, toMajor, toMinor } from '../orders/money.ts';

const currencies = new Set(Intl.supportedValuesOf('currency'));
// The largest order there can be, 100,000 pieces of it, still counts exactly.
const mostMinor = 10_000_000_000;

const Title = z.string().trim().min(1).max(300);
const Price = z
  .number()
  .positive()
  .openapi({ description: 'In major units, with no more decimals than the currency.' });
const Currency = z
  .string()
  .toUpperCase()
  .refine((code) => currencies.has(code), 'must be an ISO 4217 code such as USD')
  .openapi({ example: 'USD' });
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

/** A price in minor units. @throws Problem when it is no amount of the currency, or too large. */
export function priceMinorOf(price: number, currency: string): number {
  const minor = toMinor(price, currency);
  if (minor !== undefined && minor <= mostMinor) return minor;
  const detail =
    minor === undefined
      ? `must have at most ${decimalsOf(currency)} decimals in ${currency}`
      : `must be at most ${toMajor(mostMinor, currency)}`;
  throw new Problem('invalid', 'The price is no amount of its currency.', { errors: [{ pointer: '/price', detail }] });
}
