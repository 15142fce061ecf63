import type { Context as HonoContext } from 'hono';
import { getCookie } from 'hono/cookie';
import { within } from '../../process/deadline.ts';
import { isKey, isWellFormedKey } from '../../accounts/api-keys.ts';
import { hashToken } from '../../accounts/tokens.ts';
import type { BearerKey, Brought } from '../../accounts/bearers.ts';
import { includesRole, neededScope, type Scope, scopeFor, scopes } from '../../accounts/scopes.ts';
import type { Role } from '../../entities/accounts.entity.ts';
import { Problem } from '../../errors.ts';
import type { Check, RouteEnv } from './route-env.ts';
import { type Counting, countingOf } from './limits.ts';
import { scopeOf } from './route-scope.ts';
import { lacksFactor, refuseWithoutFactor } from './second-factor.ts';

/** The least role a route asks for. `public` is everyone; each other one includes those above it. */
export type Who = 'public' | Role;

/** Who is calling. With a key, the role is that of the scope by which the request is made; `ownerRole` is the user's own. */
export type Principal = Readonly<{
  userId: number;
  role: Role;
  ownerRole: Role;
  tokenHash: string;
  loggedInAt: Date | null;
  isTwoFactor: boolean;
  key?: BearerKey;
}>;

/** The name of the cookie that login sets. */
export const sessionCookie = 'orderflow_session';

const findMs = 250;

/**
 * Lets only callers of at least the role `who` pass, with a key only by the scope of the route (by none, where it has none), and
 * puts the principal into the context. Each request counts against the limits: of its user, or of its address as long as nobody
 * knows whose token it brings; and it is one of those of theirs that are under way, until it ends.
 */
export function guard(who: Who, route: Readonly<{ method: string; path: string }>): Check {
  const [counting, scope] = [countingOf(route), scopeOf(route)];
  return async (c) => {
    const credential = credentialOf(c);
    const bearer = await identify(c, credential, counting, who === 'public');
    const principal = bearer && byScope(bearer, scope);
    // What is open to everyone is open to every key, which is nobody's where it has no scope for it.
    c.set('caller', who === 'public' ? principal : (principal ?? bearer));
    if (who !== 'public') {
      if (!bearer) throw loginNeeded();
      if (credential?.isCookie) refuseForeignOrigin(c);
      if (!includesRole(bearer.role, who)) throw new Problem('forbidden', `This needs the role ${who}.`);
      if (!principal || !includesRole(principal.role, who)) throw scopeMissing(who, scope);
      refuseWithoutFactor(c, bearer, route.path);
      c.set('principal', principal);
    }
    return bearer && c.get('limits').begin(bearer, counting);
  };
}

/** Nobody is known by what a request brings. */
export function loginNeeded(): Problem {
  return unauthenticated('This needs a login.');
}

/** The caller with the role that their key has here; undefined when it has no scope for it. */
function byScope(bearer: Principal, wanted: Scope | undefined): Principal | undefined {
  if (!bearer.key) return bearer;
  const scope = wanted && scopeFor(wanted, bearer.key.scopes, bearer.ownerRole);
  return scope && { ...bearer, role: scopes[scope] };
}

/** Refuses a key that may not do this as well. @throws Problem insufficient_scope */
export function requireScope({ key, ownerRole }: Principal, wanted: Scope): void {
  if (key && !scopeFor(wanted, key.scopes, ownerRole)) throw scopeMissing('user', wanted);
}

/** The account has been deleted since its request was let in. */
export function accountGone(): Problem {
  return unauthenticated('Your account has been deleted meanwhile.');
}

function unauthenticated(detail: string): Problem {
  return new Problem('unauthenticated', detail, { headers: { 'www-authenticate': 'Bearer' } });
}

/** Names the scope that would do, as RFC 6750 has it. */
function scopeMissing(who: Role, wanted: Scope | undefined): Problem {
  const scope = wanted && neededScope(who, wanted);
  const challenge = `Bearer error="insufficient_scope"${scope ? `, scope="${scope}"` : ''}`;
  const detail = scope ? `This key has not the scope ${scope}.` : 'No key may do this; log in.';
  return new Problem('insufficient_scope', detail, { headers: { 'www-authenticate': challenge } });
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
  const finding = known ?? logins.find(credential);
  // Whose a public route's request is decides only which limit counts; it is not worth waiting for.
  const principal = await (isOpenToAll && !known
    ? within(findMs, 'MySQL', Promise.resolve(finding)).catch(() => undefined)
    : finding);
  if (!principal) return undefined;
  await limits.countCaller(c, principal, counting);
  if (principal.key) logins.noteUse(principal, limits.senderOf(c));
  return principal;
}

/** The caller of a guarded route. */
export function principalOf(c: HonoContext<RouteEnv>): Principal {
  const principal = c.get('principal');
  if (!principal) throw new Error(`${c.req.path} asks for its caller but is open to everyone`);
  return principal;
}

/** Who calls, by a key only with this scope; undefined when nobody is known to. */
export async function authenticate(c: HonoContext<RouteEnv>, scope: Scope): Promise<Principal | undefined> {
  const credential = credentialOf(c);
  const bearer = credential && (await c.get('logins').find(credential));
  return bearer && !lacksFactor(c, bearer) ? byScope(bearer, scope) : undefined;
}

type Credential = Brought & Readonly<{ isCookie: boolean }>;

function credentialOf(c: HonoContext<RouteEnv>): Credential | undefined {
  const header = c.req.header('authorization');
  const isCookie = header === undefined;
  const token = isCookie ? getCookie(c, sessionCookie) : /^Bearer ([\w-]{20,200})$/i.exec(header)?.[1];
  if (!token) return undefined;
  // Browsers are for people: no key comes as a cookie.
  if (isKey(token) && (isCookie || !isWellFormedKey(token))) return undefined;
  return { hash: hashToken(token), isKey: isKey(token), isCookie };
}

// A browser sends the cookie along with any site's requests, but cannot lie about where a write comes from.
function refuseForeignOrigin(c: HonoContext<RouteEnv>): void {
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return;
  const origin = c.req.header('origin');
  const { publicUrl } = c.get('ctx').config;
  // The address asked for, the same where a proxy in front ends TLS, and the one that callers are told. No page can ask one host and name
  // another: the browser writes both.
  const own = [c.req.url, `https://${new URL(c.req.url).host}`, publicUrl].map((url) => new URL(url).origin);
  if (origin === undefined || !own.includes(origin))
    throw new Problem('foreign_origin', 'A write by cookie needs this site as its Origin.');
}
