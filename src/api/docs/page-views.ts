/** The views of the live page that have an address, `/app/NAME`; the page shows what each is. */
export const pageViews = [
  'shop',
  'market',
  'orders',
  'payments',
  'refunds',
  'customers',
  'products',
  'operations',
  'jobs',
  'dead-letters',
  'audit',
  'webhooks',
  'keys',
  'account',
] as const;

/** One of them. */
export type PageView = (typeof pageViews)[number];

/** Those in which one product, symbol, order, job or webhook has an address of its own. */
export const itemViews: readonly PageView[] = ['shop', 'market', 'orders', 'jobs', 'webhooks'];
