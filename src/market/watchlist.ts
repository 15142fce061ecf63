import { randomUUID } from 'node:crypto';
import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { Setting } from '../entities/ops.entity.ts';
import { WatchedSymbol } from '../entities/market.entity.ts';
import { insertRows, selectRow } from '../mysql/rows.ts';
import type { Transaction } from '../outbox/transaction.ts';
import type { CallPlan } from './polling.ts';
import { isCrypto, Symbol, spellingsOf } from './symbol.ts';

/** A watched symbol as it is stored. */
export type Watched = InferEntity<typeof WatchedSymbol>;

/** The symbols that are polled. MySQL holds them; the workers make the schedules follow. */
export type Watchlist = Readonly<{
  /** The plan that polling shares with people. */
  plan: CallPlan;
  /** Whether there is a key to poll with. */
  isPolled: boolean;
  /** What `WATCHLIST` names and how often, for the first start; null: nothing is named. */
  first: FirstWatchlist;
  /** Every watched symbol, by name. */
  all(): Promise<readonly Watched[]>;
  /** What changes whenever the watchlist does; undefined before it is first read. */
  version(): Promise<string | undefined>;
}>;

/** What is watched from the first start on. */
export type FirstWatchlist = Readonly<{ symbols: readonly string[]; everySeconds: number }>;

/** What opening the watchlist needs. */
export type WatchlistParts = Pick<Watchlist, 'plan' | 'isPolled' | 'first'> &
  Readonly<{ read: () => EntityManager; transaction: Transaction; now: () => Date }>;

const name = 'watchlist.version';
/** Who changes the watchlist where no administrator does. */
export const nobody = 0;

/** Opens the watchlist. Whoever reads it first on a new database fills it with what `WATCHLIST` names, once for ever. */
export function openWatchlist({ read, transaction, now, ...known }: WatchlistParts): Watchlist {
  const version = async () => (await selectRow(read(), Setting, { name }))?.value;
  let isFilled = false;
  return {
    ...known,
    version,
    async all() {
      isFilled ||= (await version()) !== undefined;
      if (!isFilled) await transaction((tx) => lockWatchlist(tx, known.first, now()));
      isFilled = true;
      const all = await allWatched(read());
      return all.some(isMisnamed) ? transaction((tx) => renameAll(tx, known.first, now())) : all;
    },
  };
}

/** Every watched symbol, by name. */
export function allWatched(em: EntityManager): Promise<Watched[]> {
  return em.find(WatchedSymbol, {}, { orderBy: { symbol: 'asc' }, disableIdentityMap: true });
}

/** Keeps everybody else from changing the watchlist until the transaction ends, having filled it if that is still to be done. */
export async function lockWatchlist(tx: EntityManager, first: FirstWatchlist, at: Date): Promise<void> {
  if (await selectRow(tx, Setting, { name }, { lock: true })) return;
  const { tableName } = tx.getMetadata(Setting);
  // The row is its own lock: of several who fill it, one inserts, and the others wait for that and find it.
  const { affectedRows } = await tx.execute<{ affectedRows: number }>(
    `insert ignore into ${tableName} (name, value, changed_by, changed_at) values (?, 'first', 0, ?)`,
    [name, at],
    'run',
  );
  if (affectedRows === 1) await insertRows(tx, WatchedSymbol, firstRows(first, at));
  else await selectRow(tx, Setting, { name }, { lock: true });
}

function isMisnamed({ symbol }: Watched): boolean {
  return nameOf(symbol) !== symbol;
}

function nameOf(spelling: string): string {
  return Symbol.safeParse(spelling).data ?? spelling;
}

/** Gives its one name to what earlier versions wrote as it was spelt: it is looked for by that. Returns every watched symbol. */
async function renameAll(tx: EntityManager, first: FirstWatchlist, at: Date): Promise<Watched[]> {
  await lockWatchlist(tx, first, at);
  const all = await allWatched(tx);
  const misnamed = all.filter(isMisnamed);
  if (misnamed.length === 0) return all;
  const taken = new Set(all.map(({ symbol }) => symbol));
  for (const { symbol: spelling } of misnamed) {
    const symbol = nameOf(spelling);
    if (taken.has(symbol)) await tx.nativeDelete(WatchedSymbol, { symbol: spelling });
    else await tx.nativeUpdate(WatchedSymbol, { symbol: spelling }, { symbol, kind: kindOf(symbol) });
    taken.add(symbol);
  }
  await noteChange(tx, { id: randomUUID(), changedBy: nobody, at });
  return allWatched(tx);
}

/** Notes that the locked watchlist has changed, and who did it; the workers look at it every second. */
export async function noteChange(
  tx: EntityManager,
  { id, changedBy, at }: Readonly<{ id: string; changedBy: number; at: Date }>,
): Promise<void> {
  await tx.nativeUpdate(Setting, { name }, { value: id, changedBy, changedAt: at });
}

/** The watched symbol that this one names: earlier versions wrote coins as they were spelt. */
export function watchedAs(all: readonly Watched[], symbol: string): Watched | undefined {
  const named = (one: Watched) => spellingsOf(one.symbol).includes(symbol);
  return all.find((one) => one.symbol === symbol) ?? all.find(named);
}

/** A share or a coin. */
export function kindOf(symbol: string): 'stock' | 'crypto' {
  return isCrypto(symbol) ? 'crypto' : 'stock';
}

function firstRows({ symbols, everySeconds }: FirstWatchlist, createdAt: Date) {
  return [...new Set(symbols.map((symbol) => Symbol.parse(symbol)))].map((symbol) => ({
    symbol,
    kind: kindOf(symbol),
    everySeconds,
    addedBy: null,
    createdAt,
    polledAt: null,
    forAlerts: false,
  }));
}
