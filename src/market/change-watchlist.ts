import { randomUUID } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/mysql';
import { PriceAlert } from '../entities/alerts.entity.ts';
import { WatchedSymbol } from '../entities/market.entity.ts';
import { Problem } from '../errors.ts';
import { type CallPlan, fittingAll, fittingSeconds, mostEverySeconds } from './polling.ts';
import { allWatched, kindOf, lockWatchlist, noteChange, type Watched, watchedAs, type Watchlist } from './watchlist.ts';
import type { Transaction } from '../outbox/transaction.ts';
import type { Log } from '../process/log.ts';

/** A symbol to be polled, how often, and who wants that. */
export type WatchChange = Readonly<{ symbol: string; everySeconds: number | undefined; changedBy: number }>;

/** Writes a change down in its transaction. */
export type Audited = (tx: EntityManager, made: Readonly<{ before?: Facts; after?: Facts }>) => Promise<void>;
type Facts = Readonly<Record<string, unknown>>;

/** What a change needs of its process. */
export type WatchParts = Readonly<{
  transaction: Transaction;
  market: Readonly<{ watchlist: Watchlist }>;
  now: () => Date;
  log: Log;
}>;

const most = 500;
// How often a symbol is polled unless somebody says otherwise, or the plan has no room for that.
const usualSeconds = 60;

/**
 * Has a symbol polled from now on, at this cadence. @throws Problem when it would be polled more often than it is, and the plan has no
 * room for that.
 */
export async function watch(ctx: WatchParts, { symbol, everySeconds, changedBy }: WatchChange, audited: Audited) {
  const {
    transaction,
    market: { watchlist },
    now,
    log,
  } = ctx;
  const done = await transaction(async (tx) => {
    const at = now();
    await lockWatchlist(tx, watchlist.first, at);
    const all = await allWatched(tx);
    const known = watchedAs(all, symbol);
    const others = all.filter((watched) => watched !== known).map(cadenceOf);
    if (!known) refuseTooMany(all.length);
    const cadence = cadenceThatFits({ wanted: everySeconds, present: known?.everySeconds }, others, watchlist.plan);
    const row = { symbol, kind: kindOf(symbol), addedBy: changedBy, createdAt: at, polledAt: null, forAlerts: false };
    const watched: Watched = { ...row, ...known, symbol, kind: row.kind, everySeconds: cadence, forAlerts: false };
    if (known)
      await tx.nativeUpdate(
        WatchedSymbol,
        { symbol: known.symbol },
        { symbol, kind: kindOf(symbol), everySeconds: cadence, forAlerts: false },
      );
    else await tx.insert(WatchedSymbol, watched);
    await noteChange(tx, { id: randomUUID(), changedBy, at });
    await audited(tx, {
      ...(known ? { before: { every_seconds: known.everySeconds }, status: 200 } : { status: 201 }),
      after: { every_seconds: cadence },
    });
    return { watched, isNew: !known };
  });
  log.info({ user: changedBy, symbol, everySeconds: done.watched.everySeconds }, 'watchlist: watched');
  return done;
}

/**
 * Has a symbol polled no longer, or for alerts alone where somebody has one of it: as often as they may have it polled, and never
 * more often than it was. @throws Problem when it is not watched.
 */
export async function stopWatching(
  ctx: WatchParts,
  { symbol, changedBy }: Omit<WatchChange, 'everySeconds'>,
  audited: Audited,
) {
  const {
    transaction,
    market: { watchlist },
    now,
    log,
  } = ctx;
  await transaction(async (tx) => {
    const at = now();
    await lockWatchlist(tx, watchlist.first, at);
    const all = await allWatched(tx);
    const known = watchedAs(all, symbol);
    if (!known) throw notWatched(symbol);
    const isForAlerts = (await tx.count(PriceAlert, { symbol, endedAt: null })) > 0;
    const left = isForAlerts
      ? { symbol, kind: kindOf(symbol), ...leftToAlerts(known, all, watchlist.plan) }
      : undefined;
    if (left) await tx.nativeUpdate(WatchedSymbol, { symbol: known.symbol }, left);
    else await tx.nativeDelete(WatchedSymbol, { symbol: known.symbol });
    await audited(tx, {
      before: { every_seconds: known.everySeconds },
      ...(left ? { after: { every_seconds: left.everySeconds } } : {}),
    });
    await noteChange(tx, { id: randomUUID(), changedBy, at });
  });
  log.info({ user: changedBy, symbol }, 'watchlist: no longer watched, unless for alerts');
}

/** How what was watched is polled for alerts alone. Where there is no room for one more, once a day takes next to none of it. */
function leftToAlerts(known: Watched, all: readonly Watched[], plan: CallPlan) {
  const others = all.filter((watched) => watched !== known);
  const everySeconds = known.forAlerts
    ? known.everySeconds
    : Math.max(known.everySeconds, secondsForAlerts(others, plan) ?? mostEverySeconds);
  return { everySeconds, addedBy: null, forAlerts: true };
}

/**
 * How often one more symbol may be polled for alerts, seconds: once a minute at the most, and all that are polled for alerts alone
 * take half of what polling may take. Undefined: there is no room.
 */
export function secondsForAlerts(others: readonly Watched[], plan: CallPlan): number | undefined {
  const half = { ...plan, perWindow: plan.perWindow / 2 };
  const ofAlerts = others.filter(({ forAlerts }) => forAlerts);
  const fitting = [fittingSeconds(others.map(cadenceOf), plan), fittingSeconds(ofAlerts.map(cadenceOf), half)];
  const fits = fitting.filter((seconds) => seconds !== undefined);
  return fits.length < fitting.length ? undefined : Math.max(usualSeconds, ...fits);
}

function cadenceOf({ everySeconds }: Watched): number {
  return everySeconds;
}

/** There is nothing to stop. */
export function notWatched(symbol: string): Problem {
  return new Problem('not_found', `${symbol} is not watched.`);
}

/** @throws Problem when as many symbols are watched as can be. */
export function refuseTooMany(watched: number): void {
  if (watched < most) return;
  throw new Problem('invalid', `${most} symbols are watched, and no more can be.`, {
    errors: [{ pointer: 'symbol', detail: `is one more than ${most}` }],
  });
}

/** How often a symbol is to be polled, and how often it is, seconds. */
type Cadence = Readonly<{ wanted: number | undefined; present: number | undefined }>;

function cadenceThatFits({ wanted, present }: Cadence, others: readonly number[], plan: CallPlan): number {
  // A plan may have shrunk so far that the others alone exceed it. What takes no more of it than before is welcome.
  if (present !== undefined && (wanted ?? present) >= present) return wanted ?? present;
  const fits = fittingSeconds(others, plan);
  const chosen = wanted ?? Math.max(usualSeconds, fits ?? 0);
  if (fits !== undefined && chosen >= fits) return chosen;
  const forAll = fittingAll(others.length + 1, plan);
  const detail =
    fits === undefined
      ? `The other symbols leave nothing of the plan; all ${others.length + 1} would fit at every ${forAll} s.`
      : `Beside the other symbols the plan has room for a call every ${fits} s.`;
  throw new Problem('watchlist_over_budget', detail, {
    errors: [{ pointer: '/every_seconds', detail: `must be at least ${fits ?? forAll}` }],
    facts: { fits_every_seconds: fits ?? forAll },
  });
}
