import { hash } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { EntityManager, FilterQuery } from '@mikro-orm/mysql';
import { User } from '../../entities/accounts.entity.ts';
import { orderStatuses } from '../../entities/orders.entity.ts';
import { Problem } from '../../errors.ts';
import { Currency } from '../../money/currency.ts';
import { decimalsOf, mostMinor, oddlyDivided } from '../../money/money.ts';
import type { OrderRow } from '../../orders/order.ts';
import { firstIdOf } from '../../outbox/ids.ts';
import { Moment } from '../../process/moment.ts';
import { Email } from '../callers/credentials.ts';
import type { Principal } from '../callers/principal.ts';
import { wholeNumber } from '../http/fields.ts';
import { endOf } from '../http/span.ts';

const Amount = z
  .string()
  .regex(/^\d{1,12}(\.\d{1,4})?$/, 'must be an amount such as 19.99')
  .transform(Number)
  .openapi({ type: 'number', minimum: 0, example: 19.99 });

/** The parameters that narrow a list of orders. */
export const OrderFilterQuery = {
  status: z.enum(orderStatuses).optional(),
  user_id: wholeNumber(1, 0x7f_ff_ff_ff)
    .optional()
    .openapi({ description: 'Whose; of others than oneself for administrators.', example: 1 }),
  currency: Currency.optional().openapi({ example: 'USD' }),
  from: Moment.optional().openapi({ description: 'Placed then or later.', example: '2026-11-22' }),
  to: Moment.optional().openapi({ description: 'Placed then or earlier; a day is counted whole.' }),
  min: Amount.optional().openapi({
    description: 'The smallest total, in major units of `currency`, else of each order’s own.',
  }),
  max: Amount.optional().openapi({
    description: 'The largest total, in major units of `currency`, else of each order’s own.',
  }),
  q: z
    .string()
    .trim()
    .min(1)
    .max(254)
    .optional()
    .openapi({ description: 'An order’s id, or at least its first 8 characters, or its customer’s whole e-mail.' }),
} as const;

const Filters = z.object(OrderFilterQuery);
type Filters = z.output<typeof Filters>;
type Where = FilterQuery<OrderRow>;

/** Which orders are meant, of those that the caller may see; `list` names the list for its cursors. */
export type OrderFilter = Readonly<{ list: string; where: Where }>;

/** Reads a filter. @throws Problem forbidden for orders of someone else; invalid for ends that do not fit each other. */
export async function orderFilter(
  em: EntityManager,
  { status, ...narrowing }: Filters,
  { userId, role }: Principal,
): Promise<OrderFilter> {
  const { user_id, currency, from, to, q } = narrowing;
  const isAll = role === 'admin';
  if (user_id !== undefined && user_id !== userId && !isAll)
    throw new Problem('forbidden', 'Orders of someone else are for administrators; leave out user_id.');
  const where: Where[] = [
    ...(isAll ? [] : [{ user: userId }]),
    ...(user_id === undefined ? [] : [{ user: user_id }]),
    ...(status === undefined ? [] : [{ status }]),
    ...(currency === undefined ? [] : [{ currency }]),
    ...placedBetween(from === undefined ? undefined : new Date(from), to === undefined ? undefined : endOf(to)),
    ...totalBetween(narrowing),
    ...(q === undefined ? [] : [await searched(em, q)]),
  ];
  const isNarrowed = Object.values(narrowing).some((value) => value !== undefined);
  const named = isNarrowed ? `:${hash('sha256', JSON.stringify(narrowing), 'base64url')}` : '';
  return { list: `orders:${isAll ? 'all' : userId}:${status ?? ''}${named}`, where: { $and: where } };
}

// An id is minted within moments of the time that is stored beside it; an order may wait for its batch, and for a failover.
const slackMs = 3_600_000;

/** By the ids as well, which begin with their time: every index of orders ends with them, so that none is gone through whole. */
function placedBetween(from: Date | undefined, to: Date | undefined): Where[] {
  if (from && to && from > to) throw unfitting('to', 'must not be before `from`');
  return [
    ...(from ? [{ createdAt: { $gte: from }, id: { $gte: firstIdOf(from.getTime() - slackMs) } }] : []),
    ...(to ? [{ createdAt: { $lte: to }, id: { $lt: firstIdOf(to.getTime() + slackMs) } }] : []),
  ];
}

/** Totals between two amounts, ends included; without a currency of whichever each is in, by how many decimals that has. */
function totalBetween({ currency, min, max }: Pick<Filters, 'currency' | 'min' | 'max'>): Where[] {
  if (min === undefined && max === undefined) return [];
  if (min !== undefined && max !== undefined && min > max) throw unfitting('max', 'must not be less than `min`');
  const between = (decimals: number) => ({
    ...(min === undefined ? {} : { $gte: leastMinor(min, decimals) }),
    ...(max === undefined ? {} : { $lte: minorOf(max, decimals).minor }),
  });
  if (currency !== undefined) {
    const decimals = decimalsOf(currency);
    for (const [name, amount] of Object.entries({ min, max }))
      if (amount !== undefined && !minorOf(amount, decimals).isExact)
        throw unfitting(name, `must be an amount that there is in ${currency}`);
    return [{ totalMinor: between(decimals) }];
  }
  const odd = [...oddlyDivided].map(([decimals, codes]) => ({
    currency: { $in: [...codes] },
    totalMinor: between(decimals),
  }));
  return [{ $or: [...odd, { currency: { $nin: [...oddlyDivided.values()].flat() }, totalMinor: between(2) }] }];
}

/** The smallest number of minor units that is not less than the amount. */
function leastMinor(amount: number, decimals: number): number {
  const { minor, isExact } = minorOf(amount, decimals);
  return isExact ? minor : minor + 1;
}

/** An amount in whole minor units, and whether it was no more than that. Beyond the largest that there can be, one is like another. */
function minorOf(amount: number, decimals: number): Readonly<{ minor: number; isExact: boolean }> {
  const [whole = '', fraction = ''] = String(amount).split('.');
  const minor = Number(`${whole}${fraction.slice(0, decimals).padEnd(decimals, '0')}`);
  return { minor: Math.min(minor, mostMinor + 1), isExact: fraction.length <= decimals };
}

/** What is neither an id nor an e-mail that somebody has is found nowhere. */
async function searched(em: EntityManager, q: string): Promise<Where> {
  const id = q.toLowerCase();
  // Letters and digits of an id all stand before `g`.
  if (/^[\da-f]{8}[\da-f-]{0,28}$/.test(id)) return { id: { $gte: id, $lt: `${id}g` } };
  const email = Email.safeParse(q);
  const user = email.success
    ? await em.findOne(User, { email: email.data }, { fields: ['id'], disableIdentityMap: true })
    : undefined;
  return { user: user?.id ?? 0 };
}

function unfitting(pointer: string, detail: string): Problem {
  return new Problem('invalid', `The filter does not fit: ${pointer} ${detail}.`, { errors: [{ pointer, detail }] });
}
