import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, type RateLimiterRes } from 'rate-limiter-flexible';
import { within } from '../deadline.ts';
import { Problem } from '../errors.ts';
import type { Attempts } from '../passwords.ts';

/** The attempts of one address at one account. */
export type LoginAttempts = Attempts &
  Readonly<{
    /** Refuses also for what other processes have seen. @throws Problem too_many_requests. */
    refuseTooManyAnywhere(): Promise<void>;
    /** The password was right: earlier failures count no more. */
    forgive(): Promise<void>;
  }>;

const mostFailures = 10;
const windowSeconds = 15 * 60;
const redisDeadlineMs = 250;

/**
 * Opens the counting of failed logins: ten in 15 minutes for each account and address, over all processes as long as
 * Redis is there. Nothing has to be swept: failures cost a hashing each, so there cannot be many.
 */
export function openFailedLogins(redis: Redis): (account: string, address: string) => LoginAttempts {
  const options = { keyPrefix: 'limit:login', points: mostFailures, duration: windowSeconds };
  const inMemory = new RateLimiterMemory(options);
  const inRedis = new RateLimiterRedis({ ...options, storeClient: redis, rejectIfRedisNotReady: true });
  // While Redis is away, each process counts by itself.
  const patiently = <T>(work: Promise<T>) => within(redisDeadlineMs, 'Redis', work).catch(() => null);
  return (account, address) => {
    // Redis is no place for e-mail addresses.
    const key = createHash('sha256').update(`${account}\n${address}`).digest('base64url');
    const refuseTooMany = async () => refuse(await inMemory.get(key));
    return {
      refuseTooMany,
      async refuseTooManyAnywhere() {
        await refuseTooMany();
        refuse(await patiently(inRedis.get(key)));
      },
      async noteFailure() {
        void patiently(inRedis.penalty(key));
        await inMemory.penalty(key);
      },
      async forgive() {
        await Promise.all([inMemory.delete(key), patiently(inRedis.delete(key))]);
      },
    };
  };
}

function refuse(state: RateLimiterRes | null): void {
  if (!state || state.consumedPoints < mostFailures) return;
  const seconds = Math.max(1, Math.ceil(state.msBeforeNext / 1_000));
  throw new Problem('too_many_requests', `Too many wrong passwords; the next attempt is taken in ${seconds} s.`, {
    headers: { 'retry-after': String(seconds) },
  });
}
