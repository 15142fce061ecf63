import type { MikroORM } from '@mikro-orm/mysql';
import { within } from '../../process/deadline.ts';
import { Token, type Role, User } from '../../entities/accounts.entity.ts';
import type { Principal } from './principal.ts';

/** Something that a login has opened and that must not outlive it. */
export type Held = Readonly<{
  readonly isOver: boolean;
  /** Ends it, with a farewell. */
  dismiss(): void;
}>;

/** Ends what logins have opened when they end. */
export type LoginWatch = Readonly<{
  /** Dismisses it within seconds of the end of the login, of its user, or of the role that it had. */
  watch(principal: Principal, held: Held): void;
  /** Looks at what the user's logins have opened now, and not at the next time. */
  lookAt(userId: number): Promise<void>;
}>;

// Three looks fit into the ten seconds after which nothing may go on.
const lookEveryMs = 3_000;
const patienceMs = 3_000;
const tokensAtOnce = 1_000;

/** Opens the watch of one process. A look asks for all logins at once; there is none while nothing is held. */
export function openLoginWatch({ orm, now }: Readonly<{ orm: MikroORM; now: () => Date }>): LoginWatch {
  const held = new Map<Held, Principal>();
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;

  const look = async (asked: readonly (readonly [Held, Principal])[]): Promise<void> => {
    const hashes = new Set(asked.map(([, { tokenHash }]) => tokenHash));
    const roles = await rolesOf(orm, [...hashes], now());
    for (const [some, { tokenHash, role }] of asked) if (roles.get(tokenHash) !== role) some.dismiss();
  };
  // A database that is away for a moment is no reason to send anyone away.
  const quietly = (asked: readonly (readonly [Held, Principal])[]) =>
    within(patienceMs, 'MySQL', look(asked)).catch(() => {});
  const lookAtAll = () => {
    for (const some of held.keys()) if (some.isOver) held.delete(some);
    if (held.size > 0) looking ??= quietly([...held]).finally(() => (looking = undefined));
    else {
      clearInterval(timer);
      timer = undefined;
    }
  };
  return {
    watch(principal, some) {
      held.set(some, principal);
      timer ??= setInterval(lookAtAll, lookEveryMs).unref();
    },
    lookAt: (userId) => quietly([...held].filter(([, principal]) => principal.userId === userId)),
  };
}

/** The roles behind those of the tokens that are still good. */
async function rolesOf(orm: MikroORM, hashes: readonly string[], at: Date): Promise<ReadonlyMap<string, Role>> {
  const roles = new Map<string, Role>();
  const em = orm.em.fork();
  for (let from = 0; from < hashes.length; from += tokensAtOnce) {
    const hash = { $in: hashes.slice(from, from + tokensAtOnce) };
    const good = { hash, expiresAt: { $gt: at } };
    const tokens = await em.find(Token, good, { fields: ['hash', 'user'], disableIdentityMap: true });
    const ids = [...new Set(tokens.map(({ user }) => user))];
    const there = { id: { $in: ids }, deletedAt: null };
    const users = await em.find(User, there, { fields: ['role'], disableIdentityMap: true });
    const byId = new Map(users.map(({ id, role }) => [id, role]));
    for (const token of tokens) {
      const role = byId.get(token.user);
      if (role) roles.set(token.hash, role);
    }
  }
  return roles;
}

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
  const underWay = new Map<string, Promise<Principal | undefined>>();
  let forgotten = 0;
  const recall = (tokenHash: string): Principal | undefined => {
    const login = known.get(tokenHash);
    if (login && login.untilMs > now().getTime()) return login.principal;
    if (login) known.delete(tokenHash);
    return undefined;
  };
  const readLogin = async (tokenHash: string): Promise<Principal | undefined> => {
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
  // When a login has to be read again, many wait for it at once.
  const findOnce = (tokenHash: string): Promise<Principal | undefined> => {
    const name = `${forgotten} ${tokenHash}`;
    const finding = underWay.get(name) ?? readLogin(tokenHash).finally(() => underWay.delete(name));
    underWay.set(name, finding);
    return finding;
  };
  return {
    recall,
    find: async (tokenHash) => recall(tokenHash) ?? findOnce(tokenHash),
    forget(userId) {
      forgotten += 1;
      for (const [hash, { principal }] of known) if (principal.userId === userId) known.delete(hash);
      void watch.lookAt(userId);
    },
    watch: watch.watch,
  };
}
