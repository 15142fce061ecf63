import type { MikroORM } from '@mikro-orm/mysql';
import { type Brought, readBearers } from '../../accounts/bearers.ts';
import { within } from '../../process/deadline.ts';
import type { Role } from '../../entities/accounts.entity.ts';
import type { Principal } from './principal.ts';

/** Something that a login or key has opened and that must not outlive it. */
export type Held = Readonly<{
  readonly isOver: boolean;
  /** Ends it, with a farewell. */
  dismiss(): void;
}>;

/** Ends what logins and keys have opened when they end. */
export type LoginWatch = Readonly<{
  /** Dismisses it within seconds of the end of the login or key, of its user, or of the role that it had. */
  watch(principal: Principal, held: Held): void;
  /** Looks at what the user's logins and keys have opened now, and not at the next time. */
  lookAt(userId: number): Promise<void>;
}>;

// Three looks fit into the ten seconds after which nothing may go on.
const lookEveryMs = 3_000;
const patienceMs = 3_000;
const bearersAtOnce = 1_000;

/** Opens the watch of one process. A look asks for all logins at once; there is none while nothing is held. */
export function openLoginWatch({ orm, now }: Readonly<{ orm: MikroORM; now: () => Date }>): LoginWatch {
  const held = new Map<Held, Principal>();
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;

  const look = async (asked: readonly (readonly [Held, Principal])[]): Promise<void> => {
    const brought = new Map(asked.map(([, { tokenHash: hash, key }]) => [hash, { hash, isKey: key !== undefined }]));
    const roles = await rolesOf(orm, [...brought.values()], now());
    for (const [some, { tokenHash, ownerRole }] of asked) if (roles.get(tokenHash) !== ownerRole) some.dismiss();
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

/** The roles behind those that are still good, by their hashes. */
async function rolesOf(orm: MikroORM, brought: readonly Brought[], at: Date): Promise<ReadonlyMap<string, Role>> {
  const roles = new Map<string, Role>();
  const em = orm.em.fork();
  for (let from = 0; from < brought.length; from += bearersAtOnce)
    for (const { hash, role } of await readBearers(em, brought.slice(from, from + bearersAtOnce), at))
      roles.set(hash, role);
  return roles;
}
