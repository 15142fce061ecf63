import type { Role } from '../entities/accounts.entity.ts';

/**
 * What an API key can be allowed, with the role that a request by this scope has: no more than its owner's, and often less.
 * Without `:all` it is about what is the owner's own, whoever the owner is. What stands here nowhere is for people alone:
 * logins, passwords, keys, and others' accounts.
 */
export const scopes = {
  'orders:read': 'user',
  'orders:read:all': 'admin',
  'orders:write': 'user',
  'orders:write:all': 'admin',
  'payments:read': 'user',
  'payments:read:all': 'admin',
  'payments:write': 'admin',
  'products:read': 'user',
  'products:write': 'admin',
  'market:read': 'user',
  'market:read:all': 'admin',
  'market:write': 'admin',
  'alerts:read': 'user',
  'alerts:write': 'user',
  'users:read': 'user',
  'users:read:all': 'admin',
  'events:read': 'admin',
  'webhooks:read': 'user',
  'webhooks:read:all': 'admin',
  'webhooks:write': 'user',
  'webhooks:write:all': 'admin',
  'jobs:read': 'operator',
  'jobs:write': 'admin',
  'audit:read': 'operator',
} as const satisfies Readonly<Record<string, Role>>;

/** One of them. */
export type Scope = keyof typeof scopes;

/** Whether there is such a scope. */
export function isScope(name: string): name is Scope {
  return Object.hasOwn(scopes, name);
}

/** All of them. */
export const scopeNames: readonly Scope[] = Object.keys(scopes).filter(isScope);

const rank: Readonly<Record<Role, number>> = { user: 0, operator: 1, admin: 2 };

/** Whether a role includes another one. */
export function includesRole(role: Role, least: Role): boolean {
  return rank[role] >= rank[least];
}

/** The scope by which a key may do what `wanted` names, the widest that it has and its owner's role still allows. */
export function scopeFor(wanted: Scope, held: readonly Scope[], role: Role): Scope | undefined {
  const all = `${wanted}:all`;
  const candidates = [...(isScope(all) ? [all] : []), wanted];
  return candidates.find((name) => held.includes(name) && includesRole(role, scopes[name]));
}

/** The scope that makes a request one of the role `who`. */
export function neededScope(who: Role, wanted: Scope): Scope {
  const all = `${wanted}:all`;
  return !includesRole(scopes[wanted], who) && isScope(all) ? all : wanted;
}
