import { createHash } from 'node:crypto';
import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import { getCookie } from 'hono/cookie';
import { Token } from '../entities/token.entity.ts';
import { type Role, User } from '../entities/user.entity.ts';
import { Problem } from '../errors.ts';
import type { RouteEnv } from './define-route.ts';

/** The least role a route asks for. `public` is everyone; each other one includes those above it. */
export type Who = 'public' | Role;

/** Who is calling. */
export type Principal = Readonly<{ userId: number; role: Role; tokenHash: string }>;

/** The name of the cookie that login sets. */
export const sessionCookie = 'orderflow_session';

const rank: Readonly<Record<Role, number>> = { user: 1, operator: 2, admin: 3 };

/** Lets only callers of at least the role `who` pass, and puts the principal into the context. */
export function guard(who: Who): MiddlewareHandler<RouteEnv> {
  return async (c, next) => {
    if (who !== 'public') {
      const principal = await authenticate(c);
      if (!principal)
        throw new Problem('unauthenticated', 'This needs a login.', { headers: { 'www-authenticate': 'Bearer' } });
      if (rank[principal.role] < rank[who]) throw new Problem('forbidden', `This needs the role ${who}.`);
      c.set('principal', principal);
    }
    await next();
  };
}

/** The caller of a guarded route. */
export function principalOf(c: HonoContext<RouteEnv>): Principal {
  const { principal } = c.var;
  if (!principal) throw new Error(`${c.req.path} asks for its caller but is open to everyone`);
  return principal;
}

/** How a token is kept at rest. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Who the bearer token or the session cookie belongs to; undefined when there is none, or none that is valid. */
export async function authenticate(c: HonoContext<RouteEnv>): Promise<Principal | undefined> {
  const header = c.req.header('authorization');
  const bearer = header === undefined ? undefined : /^Bearer ([\w-]{20,200})$/i.exec(header)?.[1];
  const cookie = header === undefined ? getCookie(c, sessionCookie) : undefined;
  const token = bearer ?? cookie;
  if (!token) return undefined;
  const principal = await principalFor(c, hashToken(token));
  if (principal && cookie) refuseForeignOrigin(c);
  return principal;
}

async function principalFor(c: HonoContext<RouteEnv>, hash: string): Promise<Principal | undefined> {
  const { orm, now } = c.var.ctx;
  const em = orm.em.fork();
  const login = await em.findOne(Token, { hash, expiresAt: { $gt: now() } }, { disableIdentityMap: true });
  const user = login && (await em.findOne(User, { id: login.user, deletedAt: null }, { disableIdentityMap: true }));
  return user ? { userId: user.id, role: user.role, tokenHash: hash } : undefined;
}

// A browser sends the cookie along with any site's requests, but cannot lie about where a write comes from.
function refuseForeignOrigin(c: HonoContext<RouteEnv>): void {
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return;
  const origin = c.req.header('origin');
  // The address asked for, or the one that a proxy in front shows to browsers.
  const own = [new URL(c.req.url).origin, new URL(c.var.ctx.config.publicUrl).origin];
  if (origin === undefined || !own.includes(origin))
    throw new Problem('foreign_origin', 'A write by cookie needs this site as its Origin.');
}
