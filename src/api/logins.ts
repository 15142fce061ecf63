import type { MikroORM } from '@mikro-orm/mysql';
import { Token } from '../entities/token.entity.ts';
import { User } from '../entities/user.entity.ts';
import { type LoginWatch, openLoginWatch } from './login-watch.ts';
import type { Principal } from './principal.ts';

/** Who the tokens belong to, remembered for a few seconds. */
export type Logins = Readonly<{
  /** What is remembered of the token, if it is still valid. */
  recall(tokenHash: string): Principal | undefined;
  /** What is remembered, or what MySQL says. */
  find(tokenHash: string): Promise<Principal | undefined>;
  /** Forgets a user's tokens: some have been ended, or the role is another one. Other processes notice within seconds. */
  forget(userId: number): void;
  /** Dismisses within seconds what a login has opened, once the login, its user or its role has ended. */
  watch: LoginWatch['watch'];
}>;

type Remembered = Readonly<{ principal: Principal; untilMs: number }>;

const rememberedMs = 2_000;
const most = 10_000;

/** Opens the memory of one process. Only tokens that are valid are remembered, so guessing fills nothing. */
export function openLogins({ orm, now }: Readonly<{ orm: MikroORM; now: () => Date }>): Logins {
  const known = new Map<string, Remembered>();
  const watch = openLoginWatch({ orm, now });
  let forgotten = 0;
  const recall = (tokenHash: string): Principal | undefined => {
    const login = known.get(tokenHash);
    if (login && login.untilMs > now().getTime()) return login.principal;
    if (login) known.delete(tokenHash);
    return undefined;
  };
  const lookUp = async (tokenHash: string): Promise<Principal | undefined> => {
    const forgottenBefore = forgotten;
    const em = orm.em.fork();
    const token = await em.findOne(Token, { hash: tokenHash, expiresAt: { $gt: now() } }, { disableIdentityMap: true });
    const user = token && (await em.findOne(User, { id: token.user, deletedAt: null }, { disableIdentityMap: true }));
    if (!user) return undefined;
    const principal = { userId: user.id, role: user.role, tokenHash };
    // What was read may be older than what has been forgotten meanwhile.
    if (forgotten === forgottenBefore) {
      if (known.size >= most) known.clear();
      const untilMs = Math.min(now().getTime() + rememberedMs, token.expiresAt.getTime());
      known.set(tokenHash, { principal, untilMs });
    }
    return principal;
  };
  return {
    recall,
    find: async (tokenHash) => recall(tokenHash) ?? lookUp(tokenHash),
    forget(userId) {
      forgotten += 1;
      for (const [hash, { principal }] of known) if (principal.userId === userId) known.delete(hash);
      void watch.lookAt(userId);
    },
    watch: watch.watch,
  };
}
