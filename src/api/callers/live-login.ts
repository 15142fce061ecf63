import type { EntityManager } from '@mikro-orm/mysql';
import type { Context as HonoContext } from 'hono';
import { type Bearer, readBearers } from '../../accounts/bearers.ts';
import { includesRole } from '../../accounts/scopes.ts';
import { lockUser } from '../../accounts/users.ts';
import { Problem } from '../../errors.ts';
import { loginNeeded, principalOf } from './principal.ts';
import type { RouteEnv } from './route-env.ts';

/**
 * Makes sure that the login or key of a request, and its owner's role, are still what this process remembers of them for two
 * seconds: asked where something is made that outlives them and lets somebody in. @throws Problem unauthenticated, forbidden
 */
export async function requireLiveLogin(c: HonoContext<RouteEnv>, tx: EntityManager): Promise<void> {
  const { role } = await liveBearer(c, tx);
  if (!includesRole(role, principalOf(c).ownerRole))
    throw new Problem('forbidden', 'Your role is a lesser one by now.');
}

/**
 * Locks the caller's own row, as whoever ends their logins does, and makes sure that the login of the request is still there.
 * @throws Problem unauthenticated
 */
export async function lockCaller(c: HonoContext<RouteEnv>, tx: EntityManager) {
  const user = await lockUser(tx, principalOf(c).userId);
  await liveBearer(c, tx);
  if (!user) throw loginNeeded();
  return user;
}

async function liveBearer(c: HonoContext<RouteEnv>, tx: EntityManager): Promise<Bearer> {
  const { tokenHash: hash, key } = principalOf(c);
  const [bearer] = await readBearers(tx, [{ hash, isKey: key !== undefined }], c.get('ctx').now());
  if (!bearer) throw loginNeeded();
  return bearer;
}
