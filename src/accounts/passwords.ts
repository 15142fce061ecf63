import { createHash } from 'node:crypto';
import { channel } from 'node:diagnostics_channel';
import { hash, verify } from '@node-rs/argon2';
import { Problem } from '../errors.ts';

// OWASP's minimum for argon2id: 19 MiB, two passes, one lane.
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
// Two at once leave half of Node's threads to everything else; who waits behind these many has long gone.
const mostAtOnce = 2;
const mostWaiting = 50;

/** What is asked before, and told after, a password is looked at: work for someone who may not try is not begun. */
export type Attempts = Readonly<{
  /** The address that waits: those who wait share the turns by their addresses. */
  address: string;
  refuseTooMany(): Promise<void>;
  noteFailure(): Promise<void>;
}>;

/** Hears of each hashing that begins: `{ running }`, itself included. */
export const hashing = channel('orderflow:password');

/** Passwords of one process: hashed and compared for a few at once, by turns of those who ask. */
export type Passwords = Readonly<{
  /** The argon2id PHC string of a password that came from an address. @throws Problem overloaded, when too many wait for theirs. */
  hash(password: string, address?: string): Promise<string>;
  /**
   * What tells a password from another where a body is compared with an earlier one: the same for the same password and
   * `use`, and as costly to guess from as the hash that is kept anyway. @throws Problem overloaded
   */
  mark(password: string, use: string, address?: string): Promise<string>;
  /**
   * Whether the password fits. Without a hash (no such account) the same work is done, and the answer is no.
   * @throws Problem overloaded, when too many wait for theirs, and whatever `attempts` refuses with.
   */
  fits(password: string, passwordHash: string | undefined, attempts?: Attempts): Promise<boolean>;
}>;

/** Opens passwords. What is opened twice has turns of its own: a process that serves people opens them once. */
export function openPasswords(): Passwords {
  const turns = openTurns();
  let nobody: Promise<string> | undefined;
  // Verifying against it costs as much as against a real one. It is made once, in processes where people log in.
  const hashOfNobody = () => (nobody ??= hash('nobody knows this', cost));
  const hashed = (password: string, address: string, salt?: Uint8Array) =>
    turns.take(address, () => {
      hashing.publish({ running: turns.running() });
      return hash(password, salt ? { ...cost, salt } : cost);
    });
  return {
    hash: (password, address = '') => hashed(password, address),
    mark: (password, use, address = '') =>
      hashed(password, address, createHash('sha256').update(use).digest().subarray(0, 16)),
    fits: (password, passwordHash, attempts) =>
      turns.take(attempts?.address ?? '', async () => {
        // Asked when its turn has come: those before it in the queue may have been the last that were allowed.
        await attempts?.refuseTooMany();
        hashing.publish({ running: turns.running() });
        const fits = (await verify(passwordHash ?? (await hashOfNobody()), password)) && passwordHash !== undefined;
        if (!fits) await attempts?.noteFailure();
        return fits;
      }),
  };
}

type Turns = Readonly<{ take<T>(address: string, work: () => Promise<T>): Promise<T>; running(): number }>;

function openTurns(): Turns {
  // Who waits, by address; the first address has the next turn, and goes behind the others with it.
  const waiting = new Map<string, PromiseWithResolvers<void>[]>();
  let running = 0;

  // Where all places are taken, the address that holds most of them gives one to an address with fewer.
  const wait = async (address: string) => {
    const own = waiting.get(address) ?? [];
    const all = [...waiting.values()];
    if (all.reduce((sum, some) => sum + some.length, 0) >= mostWaiting) {
      const largest = all.reduce((one, other) => (other.length > one.length ? other : one), own);
      if (largest.length <= own.length + 1) throw tooMany();
      largest.pop()?.reject(tooMany());
    }
    const turn = Promise.withResolvers<void>();
    waiting.set(address, [...own, turn]);
    await turn.promise;
  };
  const handOn = () => {
    for (const [address, [next, ...others]] of waiting) {
      waiting.delete(address);
      if (others.length > 0) waiting.set(address, others);
      next?.resolve();
      return next !== undefined;
    }
    return false;
  };
  return {
    running: () => running,
    async take(address, work) {
      if (running < mostAtOnce) running += 1;
      else await wait(address);
      try {
        return await work();
      } finally {
        // A turn is handed on, so that nobody who comes just now slips in between.
        if (!handOn()) running -= 1;
      }
    },
  };
}

function tooMany(): Problem {
  return new Problem('overloaded', 'Too many are logging in at this moment.', { headers: { 'retry-after': '2' } });
}
