import { hash } from 'node:crypto';
import type { Context as HonoContext } from 'hono';
import { type Tenant, tenantOfUser } from '../../jobs/shares.ts';
import type { Principal } from './principal.ts';
import type { RouteEnv } from './route-env.ts';

/** As whom a caller waits: a key has a share of its own, beside its user's. */
export function tenantOfCaller({ userId, key }: Pick<Principal, 'userId' | 'key'>): Tenant {
  return key ? `key:${key.id}` : tenantOfUser(userId);
}

/** As whom anybody waits; without a login, everybody of an address together. Operators are shown no addresses. */
export function tenantOfRequest(c: HonoContext<RouteEnv>): Tenant {
  const { caller, limits } = c.var;
  return caller ? tenantOfCaller(caller) : `address:${hash('sha256', limits.addressOf(c)).slice(0, 12)}`;
}
