import type { EntityManager } from '@mikro-orm/mysql';
import { User } from '../../entities/accounts.entity.ts';
import { Order } from '../../entities/orders.entity.ts';
import { decimalsOf } from '../../money/money.ts';
import { csvLine } from '../http/csv.ts';
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

const pageSize = 500;

/** All orders of a filter, newest first, as the lines of a table, so many at a time as are at hand at once. */
export async function* ordersCsv(
  fork: () => EntityManager,
  { where }: Pick<OrderFilter, 'where'>,
  viewerId: number,
): AsyncGenerator<string, void> {
  let head = csvLine(columns);
  let last: string | undefined;
  do {
    const em = fork();
    const page = await em.find(Order, last === undefined ? where : { $and: [where, { id: { $lt: last } }] }, {
      orderBy: { id: 'desc' },
      limit: pageSize,
      disableIdentityMap: true,
    });
    yield head + (await linesOf(em, page, viewerId));
    head = '';
    last = page.length < pageSize ? undefined : page.at(-1)?.id;
  } while (last !== undefined);
}

type Orders = Parameters<typeof orderViews>[1];
type View = Awaited<ReturnType<typeof orderViews>>[number];

async function linesOf(em: EntityManager, orders: Orders, viewerId: number): Promise<string> {
  const ids = [...new Set(orders.map(({ user }) => user))];
  const users = await em.find(User, { id: { $in: ids } }, { fields: ['id', 'email'], disableIdentityMap: true });
  const emails = new Map(users.map(({ id, email }) => [id, email]));
  const views = await orderViews(em, orders, viewerId);
  return views.map((view) => lineOf(view, emails.get(view.user_id) ?? null)).join('');
}

function lineOf({ currency, payment, ...view }: View, email: string | null): string {
  const shown = (amount: number) => amount.toFixed(decimalsOf(currency));
  const cells: Readonly<Record<(typeof columns)[number], string | number | null>> = {
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
  return csvLine(columns.map((column) => cells[column]));
}
