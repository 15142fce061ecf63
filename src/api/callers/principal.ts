import { hash } from 'node:crypto';
import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import { getCookie } from 'hono/cookie';
import { within } from '../../process/deadline.ts';
import type { Role } from '../../entities/accounts.entity.ts';
import { Problem } from '../../errors.ts';
import type { RouteEnv } from './route-env.ts';
import type { Counting } from './limits.ts';

/** The least role a route asks for. `public` is everyone; each other one includes those above it. */
export type Who = 'public' | Role;

/** Who is calling. */
export type Principal = Readonly<{ userId: number; role: Role; tokenHash: string }>;

/** The name of the cookie that login sets. */
export const sessionCookie = 'orderflow_session';

const findMs = 250;
const rank: Readonly<Record<Role, number>> = { user: 1, operator: 2, admin: 3 };

/**
 * Lets only callers of at least the role `who` pass, and puts the principal into the context. Each request counts against
 * the limits: of its user, or of its address as long as nobody knows whose token it brings.
 */
export function guard(who: Who, counting: Counting): MiddlewareHandler<RouteEnv> {
  return async (c, next) => {
    const credential = credentialOf(c);
    const principal = await identify(c, credential, counting, who === 'public');
    c.set('caller', principal);
    if (who !== 'public') {
      if (!principal)
        throw new Problem('unauthenticated', 'This needs a login.', { headers: { 'www-authenticate': 'Bearer' } });
      if (credential?.isCookie) refuseForeignOrigin(c);
      if (rank[principal.role] < rank[who]) throw new Problem('forbidden', `This needs the role ${who}.`);
      c.set('principal', principal);
    }
    await next();
  };
}

async function identify(
  c: HonoContext<RouteEnv>,
  credential: Credential | undefined,
  counting: Counting,
  isOpenToAll: boolean,
): Promise<Principal | undefined> {
  const limits = c.get('limits');
  const logins = c.get('logins');
  const known = credential && logins.recall(credential.hash);
  // Before MySQL is asked: guessing tokens is limited too.
  if (!known) await limits.countAddress(c, counting);
  if (!credential || (isOpenToAll && counting === 'nowhere')) return known;
  const finding = known ?? logins.find(credential.hash);
  // Whose a public route's request is decides only which limit counts; it is not worth waiting for.
  const principal = await (isOpenToAll && !known
    ? within(findMs, 'MySQL', Promise.resolve(finding)).catch(() => undefined)
    : finding);
  if (principal) await limits.countUser(c, principal.userId, counting);
  return principal;
}

/** The caller of a guarded route. */
export function principalOf(c: HonoContext<RouteEnv>): Principal {
  const principal = c.get('principal');
  if (!principal) throw new Error(`${c.req.path} asks for its caller but is open to everyone`);
  return principal;
}

/** How a token is kept at rest. */
export function hashToken(token: string): string {
  return hash('sha256', token);
}

/** Who the bearer token or the session cookie belongs to; undefined when there is none, or none that is valid. */
export async function authenticate(c: HonoContext<RouteEnv>): Promise<Principal | undefined> {
  const credential = credentialOf(c);
  return credential && c.get('logins').find(credential.hash);
}

type Credential = Readonly<{ hash: string; isCookie: boolean }>;

function credentialOf(c: HonoContext<RouteEnv>): Credential | undefined {
  const header = c.req.header('authorization');
  const token = header === undefined ? getCookie(c, sessionCookie) : /^Bearer ([\w-]{20,200})$/i.exec(header)?.[1];
  return token ? { hash: hashToken(token), isCookie: header === undefined } : undefined;
}

// A browser sends the cookie along with any site's requests, but cannot lie about where a write comes from.
function refuseForeignOrigin(c: HonoContext<RouteEnv>): void {
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return;
  const origin = c.req.header('origin');
  // The address asked for, or the one that a proxy in front shows to browsers.
  const own = [new URL(c.req.url).origin, new URL(c.get('ctx').config.publicUrl).origin];
  if (origin === undefined || !own.includes(origin))
    throw new Problem('foreign_origin', 'A write by cookie needs this site as its Origin.');
}
