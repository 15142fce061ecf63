import { isScope, type Scope } from '../../accounts/scopes.ts';

/** What keys may be allowed to reach, by how its path begins. What stands here nowhere, no key reaches. */
const resources: Readonly<Record<string, string>> = {
  '/orders': 'orders',
  '/streams/orders': 'orders',
  '/payments': 'payments',
  '/refunds': 'payments',
  '/products': 'products',
  '/market/alerts': 'alerts',
  '/streams/alerts': 'alerts',
  '/market': 'market',
  '/streams/market': 'market',
  '/users': 'users',
  '/webhooks': 'webhooks',
  '/events': 'events',
  '/jobs': 'jobs',
  '/queues': 'jobs',
  '/ops': 'jobs',
  '/dead-letters': 'jobs',
  '/admin/queues': 'jobs',
  '/audit': 'audit',
};

/** The scope by which a key may call a route; undefined where none may. */
export function scopeOf({ method, path }: Readonly<{ method: string; path: string }>): Scope | undefined {
  const found = Object.entries(resources).find(([begin]) => path === begin || path.startsWith(`${begin}/`));
  const scope = `${found?.[1]}:${/^(get|head)$/i.test(method) ? 'read' : 'write'}`;
  return isScope(scope) ? scope : undefined;
}
