import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { z } from 'zod';
import { User } from '../entities/accounts.entity.ts';
import { WebhookEndpoint } from '../entities/webhooks.entity.ts';
import { subjectsOf } from '../market/symbol.ts';
import { catalog } from '../streams/catalog.stream.ts';
import { market } from '../streams/market.stream.ts';

/** An endpoint as it is stored. */
export type Endpoint = InferEntity<typeof WebhookEndpoint>;

/** An event of the log, as far as it decides who is told. */
export type RoutableEvent = Readonly<{ stream: string; type: string; subject: string; data: string }>;

/** What of an endpoint decides what it is told. */
export type Wishes = Readonly<{
  id: string;
  userId: number;
  isForAll: boolean;
  types: Set<string>;
  /** What market data it is told are about; empty: whatever. */
  subjects: Set<string>;
  /** Where the log ended when it was made: what follows is for it. */
  since: number;
}>;

/** Streams of what is for everybody. */
const open: readonly string[] = [market.name, catalog.name];
const Words = z.array(z.string());
// An event may name the one webhook of its user that is told.
const Owned = z.object({ user_id: z.int(), webhook_id: z.string().nullish() });

/** The words of a column that holds a list of them. */
export function wordsOf(text: string): string[] {
  return Words.parse(JSON.parse(text));
}

/** What an endpoint wants to be told. */
export function wishesOf({ id, userId, scope, types, symbols, since }: WishColumns): Wishes {
  return {
    id,
    userId,
    isForAll: scope === 'all',
    types: new Set(wordsOf(types)),
    subjects: new Set(wordsOf(symbols).flatMap(subjectsOf)),
    since,
  };
}

type WishColumns = Pick<Endpoint, 'id' | 'userId' | 'scope' | 'types' | 'symbols' | 'since'>;

/**
 * Says of an event which endpoints it is for. Products and market data are for everybody; all else is for whom it names as its user, and
 * for those who are told of all. Where `areAll` of them are at hand, an event that names a webhook which is not there any more is for
 * each of its user's that takes it.
 */
export function choosers(endpoints: readonly Wishes[], { areAll = false } = {}): (event: RoutableEvent) => Wishes[] {
  const ofUser = Map.groupBy(endpoints, ({ userId }) => userId);
  const forAll = endpoints.filter(({ isForAll }) => isForAll);
  return ({ stream, type, subject, data }) => {
    const wants = ({ types, subjects }: Wishes) =>
      (types.size === 0 || types.has(type)) && (stream !== market.name || subjects.size === 0 || subjects.has(subject));
    if (open.includes(stream)) return endpoints.filter(wants);
    const owned = Owned.safeParse(JSON.parse(data)).data;
    const own = (owned === undefined ? undefined : ofUser.get(owned.user_id)) ?? [];
    const named = owned?.webhook_id ?? undefined;
    const those = own.filter(({ id }) => id === named);
    // Whoever names a webhook wants it told, whatever it takes besides.
    const told = named === undefined || (areAll && those.length === 0) ? own.filter(wants) : those;
    return [...forAll.filter((one) => !told.includes(one)).filter(wants), ...told];
  };
}

/** The endpoints that are told events now: those whose owner is still there, and may still be told of all where that is asked. */
export async function readWishes(em: EntityManager, id?: string): Promise<Wishes[]> {
  const { tableName } = em.getMetadata(WebhookEndpoint);
  const rows = await em.execute<(Omit<WishColumns, 'since'> & { user_id: number; since: string })[]>(
    `select e.id, e.user_id, e.scope, e.types, e.symbols, e.since
     from ${tableName} e join ${em.getMetadata(User).tableName} u on u.id = e.user_id
     where e.deleted_at is null and u.deleted_at is null and (e.scope = 'own' or u.role = 'admin')
       ${id === undefined ? '' : 'and e.id = ?'}`,
    id === undefined ? [] : [id],
  );
  // What is as long as a position is told as text.
  return rows.map((row) => wishesOf({ ...row, userId: row.user_id, since: Number(row.since) }));
}
