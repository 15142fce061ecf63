import { type EntityManager, LockMode, raw } from '@mikro-orm/mysql';
import { z } from 'zod';
import { User } from '../entities/accounts.entity.ts';
import { AlertCursor, AlertFiring, JudgedSymbol, PriceAlert } from '../entities/alerts.entity.ts';
import { EventLogEnd } from '../entities/outbox.entity.ts';
import { presentOf } from '../mysql/present.ts';
import { insertRows, updateEach } from '../mysql/rows.ts';
import { parseMoment, textOf } from '../mysql/values.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { readStreamLog } from '../outbox/event-log.ts';
import type { Transaction } from '../outbox/transaction.ts';
import { market } from '../streams/market.stream.ts';
import { type AlertRow, type AlertState, judge, wakes } from './alert.ts';
import { isDue } from './place-carried.ts';
import { type Firing, tellFiring, type TellingParts } from './tell-firing.ts';
import { wokenBy } from './woken-alerts.ts';

/** What there is to do for alerts: whether prices may wait to be judged, whether for anybody, and whether orders are due. */
export type AlertBacklog = Readonly<{ judged: number; written: number; isAny: boolean; isDue: boolean }>;

/** A price as the log tells it. */
type Price = Readonly<{ position: number; symbol: string; price: number; asOf: Date }>;

/** What judging needs of its process. */
export type JudgingParts = TellingParts & Readonly<{ transaction: Transaction; now: () => Date }>;

/** How far of the log a round came, and whether alerts have ended in it. */
export type Round = Readonly<{ position: number; hasEnded: boolean }>;

const mostEvents = 500;
const Priced = z.object({ symbol: z.string(), c: z.number(), as_of: z.coerce.date() });

/** Looks what there is to do, by one statement. */
export async function lookForPrices(em: EntityManager): Promise<AlertBacklog> {
  const table = em.getMetadata(AlertFiring).tableName;
  const [row] = await em.execute<Record<'judged' | 'written' | 'is_any' | 'is_due', string>[]>(
    `select c.position as judged, e.position as written,
       exists (select 1 from ${em.getMetadata(PriceAlert).tableName} where ended_at is null) as is_any,
       exists (select 1 from ${table} where ${isDue}) as is_due
     from ${em.getMetadata(AlertCursor).tableName} c join ${em.getMetadata(EventLogEnd).tableName} e on e.id = c.id`,
  );
  if (!row) throw new Error('the cursor of alerts is missing; run the migrations');
  const [judged, written] = [Number(row.judged), Number(row.written)];
  return { judged, written, isAny: Number(row.is_any) === 1, isDue: Number(row.is_due) === 1 };
}

/**
 * Judges the prices that follow in the log, in its order, and moves the cursor on in the same transaction: of any number of
 * processes that do so at once one judges them, and a process that dies in between has judged none. Undefined: another one did.
 */
export async function judgePrices(
  parts: JudgingParts,
  { judged, written }: Pick<AlertBacklog, 'judged' | 'written'>,
): Promise<Round | undefined> {
  return parts.transaction(async (tx, after) => {
    const cursor = await tx.findOne(
      AlertCursor,
      { id: 1, position: judged },
      { lockMode: LockMode.PESSIMISTIC_WRITE, disableIdentityMap: true },
    );
    if (!cursor) return undefined;
    const events = await readStreamLog(tx, market.name, judged, mostEvents);
    const position = events.length < mostEvents ? Math.max(written, lastOf(events)) : lastOf(events);
    const prices = await withoutLate(tx, events.flatMap(priceOf));
    const hasEnded = await judgeAll(tx, after, prices, parts);
    await tx.nativeUpdate(AlertCursor, { id: 1 }, { position });
    return { position, hasEnded };
  });
}

type Event = Awaited<ReturnType<typeof readStreamLog>>[number];

function lastOf(events: readonly Event[]): number {
  return events.at(-1)?.position ?? 0;
}

/** The price that an event tells of; none of an event about anything else. */
function priceOf({ type, position, data }: Event): Price[] {
  if (type !== 'quote.updated' && type !== 'crypto.updated') return [];
  const { symbol, c: price, as_of: asOf } = Priced.parse(JSON.parse(data));
  return [{ position, symbol, price, asOf }];
}

/**
 * Leaves out prices that were observed before one that has been judged, and notes the newest of each symbol. A moment that is yet to come
 * was written by a clock that is ahead: such a price counts in the order of the log, and makes none of those that follow late.
 */
async function withoutLate(tx: EntityManager, prices: readonly Price[]): Promise<readonly Price[]> {
  if (prices.length === 0) return [];
  const { tableName } = tx.getMetadata(JudgedSymbol);
  const text = textOf(tx);
  const present = await presentOf(tx);
  const symbols = [...new Set(prices.map(({ symbol }) => symbol))].toSorted();
  const rows = await tx.execute<{ symbol: string; as_of: string }[]>(
    `select symbol, as_of from ${tableName} where symbol in (${symbols.map(text).join(', ')}) and as_of <= ${text(present)}`,
  );
  const newest = new Map(rows.map((row) => [row.symbol, parseMoment(row.as_of)]));
  const inTime = prices.filter(({ symbol, asOf }) => {
    if (asOf > present) return true;
    if (asOf < (newest.get(symbol) ?? asOf)) return false;
    newest.set(symbol, asOf);
    return true;
  });
  if (newest.size === 0) return inTime;
  const values = [...newest].map(([symbol, asOf]) => `(${text(symbol)}, ${text(asOf)})`).join(', ');
  await tx.execute(
    `insert into ${tableName} (symbol, as_of) values ${values} on duplicate key update as_of = values(as_of)`,
    [],
    'run',
  );
  return inTime;
}

/** Judges prices for every alert that they could change, and returns whether any has ended. */
async function judgeAll(
  tx: EntityManager,
  after: AfterCommit,
  prices: readonly Price[],
  parts: JudgingParts,
): Promise<boolean> {
  const at = parts.now();
  const perSymbol = Map.groupBy(prices, ({ symbol }) => symbol);
  const woken = (await lockWoken(tx, perSymbol)).map((alert) => judgeOne(alert, perSymbol.get(alert.symbol) ?? [], at));
  const judged = await endOfErased(tx, woken, at);
  const changed = judged.filter(({ isChanged }) => isChanged);
  const firings = judged.flatMap(({ fired }) => fired);
  await updateEach(
    tx,
    PriceAlert,
    changed.map(({ id, set }) => ({ id, set })),
  );
  await insertRows(
    tx,
    AlertFiring,
    // When an order is to be placed, others look at by MySQL's clock.
    firings.map(({ firing }) => ({ ...firing, dueAt: firing.orderState === null ? null : raw('utc_timestamp(3)') })),
  );
  // Of one that carries an order it is told when that is placed or refused.
  for (const { alert, firing } of firings) if (firing.orderState === null) tellFiring(after, parts, alert, firing);
  return changed.some(({ set }) => set.endedAt !== null);
}

async function lockWoken(tx: EntityManager, perSymbol: ReadonlyMap<string, readonly Price[]>): Promise<AlertRow[]> {
  const ids = await wokenBy(
    tx,
    new Map([...perSymbol].map(([symbol, some]) => [symbol, some.map(({ price }) => price)])),
  );
  if (ids.length === 0) return [];
  const lock = { orderBy: { id: 'asc' }, lockMode: LockMode.PESSIMISTIC_WRITE, disableIdentityMap: true } as const;
  return tx.find(PriceAlert, { id: { $in: ids }, endedAt: null }, lock);
}

/** Judges prices for one alert, in their order. */
function judgeOne(alert: AlertRow, prices: readonly Price[], at: Date) {
  let state: AlertState = { ...alert, isOver: false };
  const fired: Readonly<{ alert: AlertRow; firing: Firing }>[] = [];
  for (const price of prices.filter(({ position }) => position > alert.since)) {
    const { state: next, fires, from } = judge(state, price.price);
    if (fires) fired.push({ alert, firing: firingOf(alert, alert.firings + fired.length + 1, price, from, at) });
    state = next;
  }
  const isSame = state.isArmed === alert.isArmed && state.reference === (alert.reference ?? null);
  const set = {
    isArmed: state.isArmed,
    reference: state.reference ?? null,
    ...wakes(state),
    firings: alert.firings + fired.length,
    endedAt: state.isOver ? at : null,
  };
  return { id: alert.id, owner: alert.userId, set, fired, isChanged: fired.length > 0 || !isSame };
}

type Judgement = ReturnType<typeof judgeOne>;

/** Those that would fire for somebody who has left end instead, and nobody is told. */
async function endOfErased(tx: EntityManager, judged: readonly Judgement[], at: Date): Promise<readonly Judgement[]> {
  const owners = new Set(judged.flatMap(({ owner, fired }) => (fired.length > 0 ? [owner] : [])));
  if (owners.size === 0) return judged;
  const erased = await tx.find(
    User,
    { id: { $in: [...owners] }, deletedAt: { $ne: null } },
    { fields: ['id'], disableIdentityMap: true },
  );
  const gone = new Set(erased.map(({ id }) => id));
  return judged.map((one) => (gone.has(one.owner) && one.fired.length > 0 ? endedUntold(one, at) : one));
}

function endedUntold({ set, ...judged }: Judgement, at: Date): Judgement {
  const firings = set.firings - judged.fired.length;
  return { ...judged, fired: [], set: { ...set, wakeHigh: null, wakeLow: null, firings, endedAt: at } };
}

/** An alert places one order at the most, with its first firing. */
function firingOf(alert: AlertRow, number: number, price: Price, from: number | null, at: Date): Firing {
  const isCarrying = number === 1 && alert.carried !== null && alert.carried !== undefined;
  return {
    alert: alert.id,
    number,
    userId: alert.userId,
    position: price.position,
    price: price.price,
    reference: from,
    asOf: price.asOf,
    firedAt: at,
    orderState: isCarrying ? 'waiting' : null,
    orderId: null,
    orderCode: null,
    orderDetail: null,
    attempts: 0,
    dueAt: null,
    mailBegunAt: null,
    mailedAt: null,
  };
}
