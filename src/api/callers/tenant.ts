import { type Tenant, tenantOfUser } from '../../jobs/shares.ts';
import type { Principal } from './principal.ts';

/** As whom a caller waits: a key has a share of its own, beside its user's. */
export function tenantOfCaller({ userId, key }: Pick<Principal, 'userId' | 'key'>): Tenant {
  return key ? `key:${key.id}` : tenantOfUser(userId);
}
