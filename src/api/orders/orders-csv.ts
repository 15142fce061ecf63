import type { EntityManager } from '@mikro-orm/mysql';
import { User } from '../../entities/accounts.entity.ts';
import { Order } from '../../entities/orders.entity.ts';
import { decimalsOf } from '../../money/money.ts';
import { csvOf, type CsvRow } from '../http/csv.ts';
import type { OrderFilter } from './order-filter.ts';
import { orderViews } from './order-view.ts';

const columns = [
  'id',
  'created_at',
  'status',
  'user_id',
  'email',
  'currency',
  'total_amount',
  'refunded_amount',
  'items',
  'payment_status',
  'payment_method',
  'failure_code',
  'paid_at',
] as const;

/** All orders of a filter, newest first, as the lines of a table. */
export function ordersCsv(
  fork: () => EntityManager,
  { where }: Pick<OrderFilter, 'where'>,
  viewerId: number,
): AsyncGenerator<string, void> {
  return csvOf(columns, async (after, limit) => {
    const em = fork();
    const page = await em.find(Order, after === undefined ? where : { $and: [where, { id: { $lt: after } }] }, {
      orderBy: { id: 'desc' },
      limit,
      disableIdentityMap: true,
    });
    return rowsOf(em, page, viewerId);
  });
}

type Orders = Parameters<typeof orderViews>[1];
type View = Awaited<ReturnType<typeof orderViews>>[number];
type Row = CsvRow<(typeof columns)[number]>;

async function rowsOf(em: EntityManager, orders: Orders, viewerId: number): Promise<readonly Row[]> {
  const ids = [...new Set(orders.map(({ user }) => user))];
  const users = await em.find(User, { id: { $in: ids } }, { fields: ['id', 'email'], disableIdentityMap: true });
  const emails = new Map(users.map(({ id, email }) => [id, email]));
  const views = await orderViews(em, orders, viewerId);
  return views.map((view) => rowOf(view, emails.get(view.user_id) ?? null));
}

function rowOf({ currency, payment, ...view }: View, email: string | null): Row {
  const shown = (amount: number) => amount.toFixed(decimalsOf(currency));
  return {
    id: view.id,
    created_at: view.created_at,
    status: view.status,
    user_id: view.user_id,
    email,
    currency,
    total_amount: shown(view.total_amount),
    refunded_amount: shown(view.refunded_amount),
    items: view.items.map(({ quantity, title }) => `${quantity} x ${title}`).join('; '),
    payment_status: payment?.status ?? null,
    payment_method: payment?.method ?? null,
    failure_code: payment?.failure_code ?? null,
    paid_at: view.paid_at,
  };
}
