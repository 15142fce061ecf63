import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lists } from '../../bench/console/read-lists.ts';
import { readTables } from '../../docs/generate/tables.ts';
import { storeFeed } from '../../src/catalog/store-feed.ts';
import { feedRow } from '../../src/catalog/feed-row.ts';
import { mailsSince } from '../../src/alerts/mail.ts';
import { takeDue } from '../../src/alerts/place-carried.ts';
import { wokenBy } from '../../src/alerts/woken-alerts.ts';
import { pruneAlerts } from '../../src/jobs/alerts/prune-alerts.job.ts';
import { pruneTokens } from '../../src/jobs/accounts/prune-tokens.job.ts';
import { pruneRecords } from '../../src/jobs/ops/prune-records.job.ts';
import { pruneWebhooks } from '../../src/jobs/webhooks/prune-webhooks.job.ts';
import { expireOrders } from '../../src/jobs/orders/expire-orders.job.ts';
import { crypto } from '../../src/market/data/crypto.market.ts';
import { earnings } from '../../src/market/data/earnings.market.ts';
import { forex } from '../../src/market/data/forex.market.ts';
import { news } from '../../src/market/data/news.market.ts';
import { peers } from '../../src/market/data/peers.market.ts';
import { quote } from '../../src/market/data/quote.market.ts';
import { recommendations } from '../../src/market/data/recommendations.market.ts';
import type { MarketStore } from '../../src/market/market-store.ts';
import { storedPrices } from '../../src/market/price.ts';
import { endOfLog, readStreamLog } from '../../src/outbox/event-log.ts';
import { numberEvents } from '../../src/outbox/number-events.ts';
import { sweepOnce } from '../../src/outbox/sweep.ts';
import { compareRefunds } from '../../src/jobs/payments/compare-charges.job.ts';
import { reconcile } from '../../src/jobs/payments/reconcile.job.ts';
import { takeNotice } from '../../src/payments/take-notice.ts';
import type { PaymentGateway } from '../../src/gateways/payments/payment-gateway.ts';
import { makeKey } from '../support/api/personas.ts';
import { findDue } from '../../src/webhooks/claim.ts';
import { readRound } from '../../src/webhooks/round.ts';
import { askForMail, isGoodLink, prepareMail } from '../../src/accounts/verifications.ts';
import { performJob } from '../support/api/perform-job.ts';
import { accounts, Granted, openTestApi, type TestApi } from '../support/api/test-api.ts';
import { fillStreams, symbolOf } from '../support/stores/many-observations.ts';
import { fillShop, idOf, timeOf } from '../support/stores/many-rows.ts';
import { planOf, type Step } from '../support/stores/plans.ts';
import { queriesOf } from '../support/stores/statements.ts';

const now = new Date();
let api: TestApi;
const em = () => api.ctx.orm.em.fork();
beforeAll(async () => {
  api = await openTestApi();
  await fillShop(em(), now);
  await fillStreams(em(), now);
});
afterAll(() => api.close());

const get = (as: keyof typeof accounts) => (path: string) => async () => {
  expect((await api.send('GET', path, { as })).status, path).toBe(200);
};
const [customer, administrator] = [get('demo'), get('admin')];

const feedOf = (externalId: string) => {
  const told = { externalId, title: 'Product', price: 1, description: null, category: null, image: null, rating: null };
  return feedRow({ ...told, stock: null }, () => ({ stepMinor: 1, leastMinor: 1, mostMinor: 1_000_000 }));
};
const syncProducts = () =>
  api.ctx.transaction(async (tx, after) => {
    const rows = [feedOf('7'), feedOf('8')].filter((row) => row !== undefined);
    await storeFeed(tx, after, { source: 'feed', rows, at: new Date() });
  });

async function readMe(): Promise<void> {
  const { access_token } = Granted.parse(await (await api.send('POST', '/auth/login', { body: accounts.demo })).json());
  const headers = { authorization: `Bearer ${access_token}` };
  expect((await api.send('GET', '/auth/me', { headers })).status).toBe(200);
}

async function mailToken(): Promise<string> {
  const id = await api.ctx.transaction((tx) => askForMail(tx, 'reset', accounts.demo.email, now));
  return (await api.ctx.transaction((tx) => prepareMail(tx, id, now)))?.token ?? '';
}

async function readMeByKey(): Promise<void> {
  const { key } = await makeKey(api, 1, ['orders:read']);
  expect((await api.send('GET', '/orders', { headers: { authorization: `Bearer ${key}` } })).status).toBe(200);
}

const order = idOf(7);
const money = { amountMinor: 100, currency: 'USD' };
const dispute = { reference: 'dp_7', chargeReference: 'pi_7', status: 'lost', reason: undefined, happened: 'closed' };
const hearOfDispute = () =>
  api.ctx.transaction(async (tx, after) => {
    const told = { ...dispute, ...money, toldAt: new Date() };
    const notice = { about: 'dispute' as const, type: 'dispute.closed', eventId: `evt_${randomUUID()}`, dispute: told };
    expect(await takeNotice(tx, after, { gateway: 'instant', notice, at: new Date() })).toBe('settled');
  });

/** Compares the refunds of some hours long ago with a gateway that has all of them. */
const compareHours = (hours: number) => async () => {
  const listed = Array.from({ length: hours }, (_, row) => {
    const [reference, chargeReference] = [`re_${100 + row}`, `pi_${100 + row}`];
    const outcome = { status: 'succeeded' as const, reference };
    return { reference, chargeReference, refundId: idOf(100 + row), ...money, outcome };
  });
  const gateway: PaymentGateway = {
    ...api.ctx.payments.gateways.named('instant'),
    keepsBooks: true,
    async *listRefunds() {
      yield* listed.slice(0, 2);
    },
    refundsOf: async (charge) => listed.filter(({ chargeReference }) => chargeReference === charge),
  };
  const span = { since: timeOf(100, now), until: timeOf(100 + hours, now) };
  for await (const { verdict } of compareRefunds(api.ctx, gateway, span)) expect(verdict).toBe('same');
};

const searchAudit = (query: string) => administrator(`/audit?${query}`);
const moment = (row: number) => timeOf(row, now).toISOString();
const symbol = symbolOf(7);
const span = { from: timeOf(100, now), to: timeOf(900, now) };
const page = { after: { at: timeOf(300, now), rank: '5' }, limit: 20 };
/** What is asked of a table of observations. */
const series = <Ask>({ last, history }: Pick<MarketStore<Ask, never>, 'last' | 'history'>, ask: Ask) => [
  () => last(em(), ask, now),
  async () => expect(await history?.(em(), ask, span, page)).not.toHaveLength(0),
];
const news7 = () => {
  const day = timeOf(7, now).toISOString().slice(0, 10);
  return news.store.last(em(), { symbol, from: day, to: day }, now);
};
const prune = () => performJob(pruneRecords, {}, api.ctx);
const pruneHooks = () => performJob(pruneWebhooks, {}, api.ctx);
const pruneFired = () => performJob(pruneAlerts, {}, api.ctx);
const review = () => performJob(reconcile, {}, api.ctx);

/** Who asks for each index: what the sentence above it in its entity names. */
const asking: Readonly<Record<string, readonly (() => Promise<unknown>)[]>> = {
  'users: email': [() => api.send('POST', '/auth/login', { body: accounts.demo })],
  'users: role, id': [administrator('/users?role=operator')],
  'tokens: hash': [readMe],
  'tokens: user_id': [customer('/auth/tokens')],
  'tokens: expires_at': [() => performJob(pruneTokens, {}, api.ctx)],
  'api_keys: hash': [readMeByKey],
  'api_keys: user_id': [customer('/auth/keys')],
  'api_keys: expires_at': [() => performJob(pruneTokens, {}, api.ctx)],
  'verifications: hash': [async () => isGoodLink(em(), 'reset', await mailToken(), now)],
  'verifications: email': [mailToken],
  'verifications: expires_at': [() => performJob(pruneTokens, {}, api.ctx)],
  'recovery_codes: user_id': [customer('/auth/mfa')],
  'products: source, external_id': [syncProducts],
  'products: category, id': [customer('/products?category=rare')],
  'orders: user_id, id': [customer('/orders')],
  'orders: status, id': [administrator('/orders?status=pending')],
  'orders: currency, total_minor': [
    administrator('/orders?currency=EUR'),
    administrator('/orders?currency=USD&min=40'),
  ],
  'orders: waiting_since': [() => performJob(expireOrders, {}, api.ctx)],
  'order_history: order_id': [administrator(`/orders/${order}/timeline`)],
  'payments: gateway_reference': [compareHours(24), hearOfDispute],
  'payments: order_id': [administrator(`/orders/${order}`), administrator(`/payments?order_id=${order}`)],
  'payments: user_id, id': [customer('/payments')],
  'payments: status, id': [administrator('/payments?status=unknown')],
  'payments: review_at': [review],
  'refunds: gateway_reference': [compareHours(24)],
  'refunds: order_id': [administrator(`/orders/${order}`), administrator(`/refunds?order_id=${order}`)],
  'refunds: status, id': [administrator('/refunds?status=unknown')],
  'refunds: created_at, id': [compareHours(24), compareHours(60)],
  'refunds: review_at': [review],
  'disputes: gateway_reference': [hearOfDispute],
  'gateway_calls: order_id': [administrator(`/orders/${order}/timeline`), hearOfDispute],
  'dead_letters: kind': [administrator('/dead-letters?kind=sync-products')],
  'dead_letters: replayed_at': [administrator('/dead-letters?replayed=false'), prune],
  'audit_entries: user_id, id': [searchAudit('actor=1')],
  'audit_entries: action, id': [searchAudit('action=deleteProduct')],
  'audit_entries: subject, id': [searchAudit('subject=rare')],
  'audit_entries: code, at': [prune],
  'audit_entries: at': [searchAudit(`from=${moment(20)}&to=${moment(30)}`)],
  'idempotency_keys: created_at': [prune],
  'stock_quotes: symbol, observed_at': [
    ...series(quote.store, { symbol }),
    () => storedPrices(em(), [symbol, symbolOf(8)]),
  ],
  'crypto_data: symbol, observed_at': series(crypto.store, { symbol }),
  'recommendation_trends: symbol, observed_at': series(recommendations.store, { symbol }),
  'earnings_calendars: symbol, observed_at': series(earnings.store, { symbol }),
  'company_peers: symbol, observed_at': series(peers.store, { symbol }),
  'forex_rates: base, as_of': series(forex.store, { base: symbol }),
  'market_news: symbol, published_at': [news7],
  'outbox_messages: lease_until': [() => sweepOnce(api.ctx.orm, { send: async () => 0 })],
  'webhook_endpoints: user_id, id': [customer('/webhooks')],
  'webhook_endpoints: wake_at': [() => findDue(em())],
  'webhook_endpoints: paused_at': [pruneHooks],
  'webhook_endpoints: deleted_at': [pruneHooks],
  'webhook_deliveries: endpoint, state, position': [() => readRound(em(), { id: idOf(1), failures: 0 }, now)],
  'webhook_deliveries: ended_at': [pruneHooks],
  'price_alerts: user_id, id': [customer('/market/alerts')],
  'price_alerts: symbol, wake_high': [() => wokenBy(em(), new Map([['S7', [1]]]))],
  'price_alerts: symbol, wake_low': [() => wokenBy(em(), new Map([['S7', [2_999]]]))],
  'price_alerts: ended_at': [pruneFired],
  'alert_firings: due_at': [() => takeDue(em())],
  'alert_firings: user_id, mail_begun_at': [() => mailsSince(em(), 1, timeOf(2_900, now))],
  'alert_firings: fired_at': [pruneFired],
  'event_log: position': [
    administrator('/events'),
    () => numberEvents({ em: em(), streams: ['orders'], now: new Date() }),
  ],
  'event_log: stream, subject, version': [administrator(`/orders/${order}/timeline`)],
  'event_log: stream, position': [
    () => endOfLog(api.ctx.orm)('market'),
    () => readStreamLog(em(), 'market', 1_000, 100),
  ],
  'event_log: subject, position': [administrator(`/events?subject=${order}`)],
};

/** The tables that are full of rows. */
const full = new Set(Object.keys(asking).map((index) => index.slice(0, index.indexOf(':'))));

it.each(Object.entries(asking))('%s is chosen whenever what it is for is asked', async (index, questions) => {
  const [table = '', columns = ''] = index.split(': ');
  const chosen = new RegExp(`^${table}_${columns.replaceAll(', ', '_')}_(index|unique)$`);
  for (const ask of questions) {
    const statements = await queriesOf(ask);
    const plans = await Promise.all(statements.map((one) => planOf(em(), one)));
    const steps = plans.flat().filter((step) => step.table === table);
    expect(steps.map((step) => step.index)).toContainEqual(expect.stringMatching(chosen));
    // Nobody who asks for it goes through all of a table, of its own or of another.
    const isFull = ({ isWhole, table: name }: Step) => isWhole && full.has(name);
    expect(statements.filter((_, at) => plans[at]?.some(isFull))).toEqual([]);
  }
});

// What stands in the rows beside their own columns. Who asks is read again now and then, by nobody's count.
const mostStatements = 4;
const isAboutRows = (statement: string) =>
  !/from `tokens`|^select `u0`\.`id`, `u0`\.`role` from `users`/.test(statement);

it.each(lists)(
  'the page reads %s by as few statements for many rows as for one, and goes through no whole table',
  async (list) => {
    const read = async (limit: number) =>
      (await queriesOf(administrator(list.replace('limit=20', `limit=${limit}`)))).filter(isAboutRows);
    const [few, many] = [await read(1), await read(100)];
    expect(many.length).toBe(few.length);
    expect(many.length).toBeLessThanOrEqual(mostStatements);
    const plans = await Promise.all(many.map((one) => planOf(em(), one)));
    expect(plans.flat().filter(({ isWhole, table }) => isWhole && full.has(table))).toEqual([]);
  },
);

it('is each said in the page of the schema what for, and who asks is known but of what keeps rows apart or together', async () => {
  for (const { name, keys } of await readTables())
    for (const { columns, isUnique, about } of keys) {
      const index = `${name}: ${columns.join(', ')}`;
      expect(about, index).toMatch(/^[A-Z].{15,}\.$/);
      if (!(index in asking)) expect(isUnique || about.startsWith('No query: '), index).toBe(true);
    }
});
