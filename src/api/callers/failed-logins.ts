import { hash } from 'node:crypto';
import type { Redis } from '../../redis/client.ts';
import { RateLimiterMemory, RateLimiterRedis, type RateLimiterRes } from 'rate-limiter-flexible';
import { within } from '../../process/deadline.ts';
import { Problem } from '../../errors.ts';
import type { Attempts } from '../../accounts/passwords.ts';
import { countingDeadlineMs } from './allowance.ts';

/** The attempts of one address at one account. */
export type LoginAttempts = Attempts &
  Readonly<{
    /** Refuses also for what other processes have seen. @throws Problem too_many_requests. */
    refuseTooManyAnywhere(): Promise<void>;
    /** The password was right: earlier failures count no more. */
    forgive(): Promise<void>;
  }>;

/** How many failures are taken in the window. */
const most = {
  /** Of an address at an account. */
  pair: 10,
  /** Of an address, at whatever accounts: who tries one password at many accounts is stopped by this. */
  address: 100,
  /** Of an account, from wherever. Beyond it, each address has fewer tries, and its owner is never locked out. */
  account: 50,
  /** Of an address at an account that has had so many failures. */
  pairUnderAttack: 3,
} as const;
const windowSeconds = 15 * 60;

type Counted = Readonly<Record<'pair' | 'address' | 'account', RateLimiterRes | null>>;

/**
 * Opens the counting of failed logins over 15 minutes, over all processes as long as Redis is there. Nothing has to be
 * swept: failures cost a hashing each, so there cannot be many.
 */
export function openFailedLogins(
  redis: Redis,
  deadlineMs = countingDeadlineMs,
): (account: string, address: string) => LoginAttempts {
  const options = { keyPrefix: 'limit:login', points: most.pair, duration: windowSeconds };
  const inMemory = new RateLimiterMemory(options);
  const inRedis = new RateLimiterRedis({ ...options, storeClient: redis, rejectIfRedisNotReady: true });
  // While Redis is away, each process counts by itself.
  const patiently = <T>(work: Promise<T>) => within(deadlineMs, 'Redis', work).catch(() => null);
  return (account, address) => {
    const keys = {
      pair: keyOf('pair', account, address),
      address: keyOf('address', address),
      account: keyOf('account', account),
    };
    const read = async (get: (key: string) => Promise<RateLimiterRes | null>): Promise<Counted> => {
      const [pair, from, at] = await Promise.all([get(keys.pair), get(keys.address), get(keys.account)]);
      return { pair, address: from, account: at };
    };
    const refuseTooMany = async () => refuse(await read((key) => inMemory.get(key)));
    return {
      address,
      refuseTooMany,
      async refuseTooManyAnywhere() {
        await refuseTooMany();
        refuse(await read((key) => patiently(inRedis.get(key))));
      },
      async noteFailure() {
        for (const key of Object.values(keys)) void patiently(inRedis.penalty(key));
        await Promise.all(Object.values(keys).map((key) => inMemory.penalty(key)));
      },
      async forgive() {
        // What the address and the account have failed at otherwise stays: one's own password is no pass to others' accounts.
        await Promise.all([inMemory.delete(keys.pair), patiently(inRedis.delete(keys.pair))]);
      },
    };
  };
}

// Redis is no place for e-mail addresses.
function keyOf(...parts: readonly string[]): string {
  return hash('sha256', parts.join('\n'), 'base64url');
}

function refuse({ pair, address, account }: Counted): void {
  const isUnderAttack = (account?.consumedPoints ?? 0) >= most.account;
  const spent = [
    ...(address && address.consumedPoints >= most.address ? [address] : []),
    ...(pair && pair.consumedPoints >= (isUnderAttack ? most.pairUnderAttack : most.pair) ? [pair] : []),
  ];
  if (spent.length === 0) return;
  const seconds = Math.max(1, ...spent.map(({ msBeforeNext }) => Math.ceil(msBeforeNext / 1_000)));
  throw new Problem('too_many_requests', `Too many wrong passwords; the next attempt is taken in ${seconds} s.`, {
    headers: { 'retry-after': String(seconds) },
  });
}
