import type { PageView } from '../../../src/api/docs/page-views.ts';
import type { User } from '../api/use-session.ts';
import { Overview } from './overview.tsx';
import { type Component, lazily } from './lazily.tsx';
import type { Staged, StagedFor } from './staged.ts';

/** What views belong together, in the order of the bar. On a phone those of the first are always in sight. */
export const areas = ['Shop and market', 'Staff', 'Operations', 'Yours'] as const;

type Named = Readonly<{ name: '' | PageView; title: string; area: (typeof areas)[number] }>;

/**
 * A view that has an address. One `for` somebody is offered to nobody else: what one may do there is the API's decision,
 * and what one may not is not shown.
 */
export type View = Named &
  (
    | Readonly<{ for: 'everybody'; Shown: Component<Staged> }>
    | Readonly<{ for: 'customers' | 'operators' | 'administrators'; Shown: Component<StagedFor> }>
  );

/** All of them, in the order of the bar. */
export const views: readonly View[] = [
  { name: '', title: 'Overview', area: 'Shop and market', for: 'everybody', Shown: Overview },
  {
    name: 'shop',
    title: 'Shop',
    area: 'Shop and market',
    for: 'everybody',
    Shown: lazily(async () => (await import('../shop/shop-view.tsx')).ShopView),
  },
  {
    name: 'market',
    title: 'Market',
    area: 'Shop and market',
    for: 'everybody',
    Shown: lazily(async () => (await import('../market/market-view.tsx')).MarketView),
  },
  {
    name: 'orders',
    title: 'Orders',
    area: 'Shop and market',
    for: 'customers',
    Shown: lazily(async () => (await import('../orders/orders-view.tsx')).OrdersView),
  },
  {
    name: 'payments',
    title: 'Payments',
    area: 'Staff',
    for: 'administrators',
    Shown: lazily(async () => (await import('../staff/payments-view.tsx')).PaymentsView),
  },
  {
    name: 'refunds',
    title: 'Refunds',
    area: 'Staff',
    for: 'administrators',
    Shown: lazily(async () => (await import('../staff/refunds-view.tsx')).RefundsView),
  },
  {
    name: 'customers',
    title: 'Customers',
    area: 'Staff',
    for: 'administrators',
    Shown: lazily(async () => (await import('../staff/customers-view.tsx')).CustomersView),
  },
  {
    name: 'products',
    title: 'Products',
    area: 'Staff',
    for: 'administrators',
    Shown: lazily(async () => (await import('../staff/products-view.tsx')).ProductsView),
  },
  {
    name: 'operations',
    title: 'Operations',
    area: 'Operations',
    for: 'operators',
    Shown: lazily(async () => (await import('../ops/ops-view.tsx')).OpsView),
  },
  {
    name: 'jobs',
    title: 'Jobs',
    area: 'Operations',
    for: 'operators',
    Shown: lazily(async () => (await import('../ops/jobs-view.tsx')).JobsView),
  },
  {
    name: 'dead-letters',
    title: 'Dead letters',
    area: 'Operations',
    for: 'operators',
    Shown: lazily(async () => (await import('../ops/dead-letters-view.tsx')).DeadLettersView),
  },
  {
    name: 'audit',
    title: 'Audit log',
    area: 'Operations',
    for: 'operators',
    Shown: lazily(async () => (await import('../staff/audit-view.tsx')).AuditView),
  },
  {
    name: 'webhooks',
    title: 'Webhooks',
    area: 'Yours',
    for: 'customers',
    Shown: lazily(async () => (await import('../webhooks/webhooks-view.tsx')).WebhooksView),
  },
  {
    name: 'keys',
    title: 'API keys',
    area: 'Yours',
    for: 'customers',
    Shown: lazily(async () => (await import('../account/keys-view.tsx')).KeysView),
  },
  {
    name: 'account',
    title: 'Account',
    area: 'Yours',
    for: 'customers',
    Shown: lazily(async () => (await import('../account/account-view.tsx')).AccountView),
  },
];

/** Whether a view is offered to somebody. */
export function isOffered(view: View, user: User | undefined): boolean {
  if (view.for === 'everybody') return true;
  if (user === undefined || view.for === 'customers') return user !== undefined;
  return user.role === 'admin' || (view.for === 'operators' && user.role === 'operator');
}

/** Whether somebody works with the platform, and does not only buy. */
export const isOperator = ({ role }: User): boolean => role !== 'user';
