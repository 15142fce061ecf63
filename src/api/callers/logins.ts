import type { MikroORM } from '@mikro-orm/mysql';
import { noteUse } from '../../accounts/api-keys.ts';
import { type Brought, readBearers } from '../../accounts/bearers.ts';
import { within } from '../../process/deadline.ts';
import { forgetOldest } from '../../process/forget-oldest.ts';
import { type LoginWatch, openLoginWatch } from './login-watch.ts';
import type { Principal } from './principal.ts';

/** Whose logins and keys are, remembered for a few seconds. */
export type Logins = Readonly<{
  /** What is remembered of it, if it is still good. */
  recall(hash: string): Principal | undefined;
  /** What is remembered, or what MySQL says. @throws TooLate when it says nothing. */
  find(brought: Brought): Promise<Principal | undefined>;
  /** Notes the use of a key, which nobody waits for. */
  noteUse(principal: Principal, from: string): void;
  /** Forgets a user's logins and keys: some have been ended, or the role is another one. Other processes notice within seconds. */
  forget(userId: number): void;
  /** Dismisses within seconds what a login or key has opened, once the login or key, its user or its role has ended. */
  watch: LoginWatch['watch'];
}>;

type Remembered = Readonly<{ principal: Principal; untilMs: number }>;

const rememberedMs = 2_000;
// Who has waited for as long for a connection keeps newcomers out.
const longestFindMs = 3_000;
const usesAreNotedEveryMs = 60_000;
const most = 10_000;

/** Opens the memory of one process. Only what is good is remembered, so guessing fills nothing. */
export function openLogins({ orm, now }: Readonly<{ orm: MikroORM; now: () => Date }>): Logins {
  const known = new Map<string, Remembered>();
  const watch = openLoginWatch({ orm, now });
  const underWay = new Map<string, Promise<Principal | undefined>>();
  let forgotten = 0;
  const recall = (hash: string): Principal | undefined => {
    const { principal, untilMs = 0 } = known.get(hash) ?? {};
    const leftMs = untilMs - now().getTime();
    // A clock that has been set back makes nobody remembered for longer.
    if (leftMs > 0 && leftMs <= rememberedMs) return principal;
    known.delete(hash);
    return undefined;
  };
  const read = async (brought: Brought): Promise<Principal | undefined> => {
    const forgottenBefore = forgotten;
    const [bearer] = await readBearers(orm.em.fork(), [brought], now());
    if (!bearer) return undefined;
    const { expiresAt, hash: tokenHash, ...whose } = bearer;
    const principal = { ...whose, tokenHash, ownerRole: whose.role };
    // What was read may be older than what has been forgotten meanwhile.
    if (forgotten === forgottenBefore) {
      if (known.size >= most) known.clear();
      const untilMs = Math.min(now().getTime() + rememberedMs, expiresAt?.getTime() ?? Infinity);
      known.set(brought.hash, { principal, untilMs });
    }
    return principal;
  };
  // When a login has to be read again, many wait for it at once; but none for a reading from which nothing has come.
  const findOnce = (brought: Brought): Promise<Principal | undefined> => {
    const name = `${forgotten} ${brought.hash}`;
    const finding =
      underWay.get(name) ?? within(longestFindMs, 'MySQL', read(brought)).finally(() => underWay.delete(name));
    underWay.set(name, finding);
    return finding;
  };
  return {
    recall,
    find: async (brought) => recall(brought.hash) ?? findOnce(brought),
    noteUse: openUses({ orm, now }),
    forget(userId) {
      forgotten += 1;
      for (const [hash, { principal }] of known) if (principal.userId === userId) known.delete(hash);
      void watch.lookAt(userId);
    },
    watch: watch.watch,
  };
}

/** Notes that keys have been used, of each once a minute at most. */
function openUses({ orm, now }: Readonly<{ orm: MikroORM; now: () => Date }>): Logins['noteUse'] {
  const usedAtMs = new Map<string, number>();
  return ({ key }, from) => {
    const atMs = now().getTime();
    if (!key || atMs - (usedAtMs.get(key.id) ?? -Infinity) < usesAreNotedEveryMs) return;
    usedAtMs.delete(key.id);
    usedAtMs.set(key.id, atMs);
    forgetOldest(usedAtMs, most);
    // That a key was used is worth no answer: what MySQL cannot take now is noted the next time.
    void noteUse(orm.em.fork(), key.id, from, now()).catch(() => usedAtMs.delete(key.id));
  };
}
