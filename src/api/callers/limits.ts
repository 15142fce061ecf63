import type { Context as HonoContext } from 'hono';
import type { Context } from '../../context.ts';
import { Problem } from '../../errors.ts';
import { type Allowance, openAllowance, type Use, type Burst, openBurst } from './allowance.ts';
import { type ClientAddress, countedAddress, openClientAddress } from './client-address.ts';
import { forgetOldest } from '../../process/forget-oldest.ts';
import type { Principal } from './principal.ts';
import type { RouteEnv } from './route-env.ts';
import { tenantOfCaller } from './tenant.ts';
import { openUnderWay } from './under-way.ts';

/** Routes that are asked every second, by programs and by pages: they cause nothing, and are not counted, logged or traced. */
export const probes: ReadonlySet<string> = new Set(['/auth/ping', '/healthz', '/readyz', '/status']);

/** Where a request is counted: nowhere, in this process alone, or over all processes. */
export type Counting = 'nowhere' | 'here' | 'everywhere';

/** Counts requests and refuses those above the limits. */
export type Limits = Readonly<{
  /** The address that a sender has. */
  senderOf: ClientAddress;
  /** The address, or network, that a sender is counted by. */
  addressOf: ClientAddress;
  /** @throws Problem too_many_requests, when the address has sent too many. */
  countAddress(c: HonoContext<RouteEnv>, counting: Counting): Promise<void>;
  /** @throws Problem too_many_requests, when the address has asked for too many mails. */
  countMail(c: HonoContext<RouteEnv>): Promise<void>;
  /** @throws Problem too_many_requests, when the user has sent too many, or the key more than its own limit. */
  countCaller(c: HonoContext<RouteEnv>, caller: Principal, counting: Counting): Promise<void>;
  /**
   * Lets a request of a caller, a key or else a user, begin here, and returns what is called when it has been answered.
   * @throws Problem too_many_requests, when as many of theirs are under way as may be.
   */
  begin(caller: Principal, counting: Counting): () => void;
}>;

/** Where requests to a route are counted: no write of an order or a payment awaits Redis. */
export function countingOf({ method, path }: Readonly<{ method: string; path: string }>): Counting {
  if (probes.has(path)) return 'nowhere';
  return method !== 'get' && /^\/(orders|payments)\b/.test(path) ? 'here' : 'everywhere';
}

// Nobody needs more, and each is a row and a job.
const mailsPerMinute = 10;
// Of as many limits as keys have at once on one process, and more.
const mostKeyLimits = 1_000;

/** Opens the limits that the configuration names; one of 0 is off. Without Redis for `deadlineMs`, this process counts alone. */
export function openLimits({ config, redis }: Context, deadlineMs?: number): Limits {
  const elapsedMs = () => performance.now();
  const open = (name: string, perMinute: number) => openAllowance(redis, name, perMinute, elapsedMs, deadlineMs);
  const allowance = (name: string, perMinute: number) => (perMinute === 0 ? undefined : open(name, perMinute));
  const ofUsers = allowance('user', config.RATE_LIMIT_PER_MINUTE);
  const ofAddresses = allowance('address', config.RATE_LIMIT_ANONYMOUS_PER_MINUTE);
  const ofMails = open('mail', mailsPerMinute);
  const ofKeys = new Map<number, Allowance>();
  // Keys with the same limit are counted by one allowance, each by itself.
  const allowanceOfKeys = (perMinute: number) => {
    const ofKey = ofKeys.get(perMinute) ?? open('key', perMinute);
    forgetOldest(ofKeys.set(perMinute, ofKey), mostKeyLimits);
    return ofKey;
  };
  const burst = config.RATE_LIMIT_BURST === 0 ? undefined : openBurst(config.RATE_LIMIT_BURST, elapsedMs);
  const underWay = config.REQUESTS_PER_CALLER === 0 ? undefined : openUnderWay(config.REQUESTS_PER_CALLER);
  const senderOf = openClientAddress(config.TRUSTED_PROXIES ?? []);
  const addressOf: ClientAddress = (c) => countedAddress(senderOf(c));
  return {
    senderOf,
    addressOf,
    async countAddress(c, counting) {
      if (counting !== 'nowhere') await count(c, `address ${addressOf(c)}`, counting, ofAddresses, burst);
    },
    async countMail(c) {
      const use = await ofMails.use(`address ${addressOf(c)}`);
      // It has been told already how many requests of any kind are left.
      tell(c, [standingOf('mail', ofMails, use)], { append: true });
      if (!use.isAllowed) throw tooMany(secondsUntil(use));
    },
    async countCaller(c, { userId, key }, counting) {
      if (counting === 'nowhere') return;
      const ofKey = key?.perMinute ? allowanceOfKeys(key.perMinute) : undefined;
      const use = key && (await useOf(ofKey, `key ${key.id}`, counting));
      const own = ofKey && use ? [standingOf('key', ofKey, use)] : [];
      if (use?.isAllowed === false) {
        tell(c, own);
        throw tooMany(secondsUntil(use));
      }
      await count(c, `user ${userId}`, counting, ofUsers, burst, own);
    },
    begin(caller, counting) {
      if (counting === 'nowhere' || !underWay) return () => {};
      const end = underWay.begin(tenantOfCaller(caller));
      if (end) return end;
      const detail = `${underWay.most} of your requests are being answered; send the next when one of them has been.`;
      throw new Problem('too_many_requests', detail, { headers: { 'retry-after': '1' } });
    },
  };
}

async function count(
  c: HonoContext<RouteEnv>,
  key: string,
  counting: 'here' | 'everywhere',
  allowance: Allowance | undefined,
  burst: Burst | undefined,
  others: readonly Standing[] = [],
): Promise<void> {
  if (!allowance && !burst && others.length === 0) return;
  const rush = burst?.use(key);
  // What the burst refuses is not taken from the minute.
  const use = rush?.isAllowed === false ? undefined : await useOf(allowance, key, counting);
  tell(c, [
    ...(allowance && use ? [standingOf('default', allowance, use)] : []),
    ...(burst && rush ? [{ name: 'burst', quota: burst.most, windowSeconds: 1, ...rush, resetsInMs: 1_000 }] : []),
    ...others,
  ]);
  if (rush?.isAllowed === false) throw tooMany(1);
  if (use?.isAllowed === false) throw tooMany(secondsUntil(use));
}

function secondsUntil({ resetsInMs }: Use): number {
  return Math.max(1, Math.ceil(resetsInMs / 1_000));
}

function standingOf(name: string, { perMinute: quota }: Allowance, use: Use): Standing {
  return { name, quota, windowSeconds: 60, ...use };
}

function useOf(allowance: Allowance | undefined, key: string, counting: 'here' | 'everywhere') {
  return counting === 'here' ? allowance?.useHere(key) : allowance?.use(key);
}

type Standing = Use & Readonly<{ name: string; quota: number; windowSeconds: number }>;

/** The two header fields of the IETF's draft-ietf-httpapi-ratelimit-headers, instead of what they have said or after it. */
function tell(c: HonoContext<RouteEnv>, standings: readonly Standing[], { append = false } = {}): void {
  if (standings.length === 0) return;
  const policies = standings.map(({ name, quota, windowSeconds }) => `"${name}";q=${quota};w=${windowSeconds}`);
  const rests = standings.map(
    ({ name, left, resetsInMs }) => `"${name}";r=${left};t=${Math.max(1, Math.ceil(resetsInMs / 1_000))}`,
  );
  c.header('ratelimit-policy', policies.join(', '), { append });
  c.header('ratelimit', rests.join(', '), { append });
}

function tooMany(seconds: number): Problem {
  return new Problem('too_many_requests', `Too many requests; the next is taken in ${seconds} s.`, {
    headers: { 'retry-after': String(seconds) },
  });
}
