import type { MikroORM } from '@mikro-orm/mysql';
import { within } from '../deadline.ts';
import { Token } from '../entities/token.entity.ts';
import { type Role, User } from '../entities/user.entity.ts';
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
