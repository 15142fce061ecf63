import fc, { type Arbitrary } from 'fast-check';

/** What an operation's schema cannot say of requests that must be taken. */
export type Rule = Readonly<{
  body?: Arbitrary<unknown>;
  /** Instead of what the schema of a parameter allows; undefined leaves it out. */
  parameters?: Readonly<Record<string, Arbitrary<string | undefined>>>;
  /** A described request may be refused all the same, for a reason that is not in its form. */
  isNeverSure?: boolean;
  /** Hashes a password: few of its cases may get that far. */
  isSlow?: boolean;
}>;

const dayMs = 86_400_000;
const momentBefore = (daysMin: number, daysMax: number) =>
  fc.tuple(fc.integer({ min: daysMin, max: daysMax }), fc.constantFrom('day', 'Z', '+02:00')).map(([days, kind]) => {
    const time = new Date(Date.now() - days * dayMs).toISOString();
    return kind === 'day' ? time.slice(0, 10) : time.replace('Z', kind);
  });
const list = (one: Arbitrary<string>) => fc.array(one, { minLength: 1, maxLength: 5 }).map((some) => some.join(','));
const title = fc.string({ unit: 'grapheme', maxLength: 30 }).map((rest) => `A ${rest}`);
const price = fc.integer({ min: 1, max: 1_000_000 }).map((cents) => cents / 100);
const means = fc.option(fc.stringMatching(/^[\w-]{1,255}$/), { nil: undefined });
const quantity = fc.integer({ min: 1, max: 1_000 });
const coin = fc.constantFrom('BTC', 'ETHUSDT', 'BINANCE:BTCUSDT', 'btc');
// Its letters are not all: what is no currency is refused.
const currency = fc.constantFrom('USD', 'eur', 'HUF', 'KWD');
const hook = fc.stringMatching(/^[a-z]{1,9}$/).map((name) => `https://${name}.example.com/hook`);
const told = fc.array(fc.constantFrom('order.paid', 'quote.updated'), { maxLength: 2 });
const stands = fc.constantFrom('active', 'paused');
const wished = fc.oneof(
  fc.record({ products: fc.array(fc.constantFrom(1, 2), { minLength: 1, maxLength: 20 }), payment_method: means }),
  fc.record({
    items: fc.record({ product_id: fc.constantFrom(1, 2), quantity }).map((item) => [item]),
    currency: fc.constantFrom('USD', 'usd', undefined),
    payment_method: means,
  }),
);

const carried = wished.map((order) => ({ ...order, max_total: 500 }));
const name = title;
const overlap_seconds = fc.integer({ min: 0, max: 3_600 });

const rules: Readonly<Record<string, Rule>> = {
  placeOrder: { body: wished },
  previewOrder: { body: wished },
  listOrders: {
    parameters: {
      user_id: fc.constantFrom('1', '2', undefined),
      currency: fc.constantFrom('USD', 'eur', undefined),
      min: fc.constantFrom('0', '9.99', undefined),
      max: fc.constantFrom('10', '1000000', undefined),
    },
  },
  changeOrder: { body: fc.oneof(wished, fc.record({ payment_method: fc.constantFrom('pm_card_visa', 'pm_other') })) },
  refundOrder: { body: fc.oneof(fc.constant({}), fc.record({ amount: price })) },
  createProduct: { body: fc.record({ title, price, currency: fc.constantFrom('USD', 'EUR', undefined) }) },
  changeProduct: {
    body: fc.oneof(fc.record({ title }), fc.record({ price, currency: fc.constantFrom('USD', 'EUR') })),
  },
  replayDeadLetters: { body: fc.record({ kind: fc.constantFrom('sync-products', 'nope'), dry_run: fc.boolean() }) },
  createKey: {
    body: fc.record({ name, scopes: fc.subarray(['orders:read', 'market:write', 'audit:read'], { minLength: 1 }) }),
  },
  rotateKey: { body: fc.record({ overlap_seconds }) },
  finishPasswordReset: { isSlow: true },
  beginSecondFactor: { isSlow: true },
  endSecondFactor: { isSlow: true },
  register: { isSlow: true },
  createUser: { isSlow: true },
  login: { isSlow: true },
  changePassword: { isSlow: true },
  changeUser: { body: fc.record({ name: title }), isSlow: true },
  deleteUser: { isSlow: true },
  // The plan may have no room for what it has to know.
  createAlert: {
    body: fc.oneof(
      fc.record({ symbol: coin, above: price, once: fc.boolean() }),
      fc.record({ symbol: coin, below: price, order: carried }),
      fc.record({ symbol: fc.constantFrom('AAPL', 'msft'), percent: fc.integer({ min: 1, max: 50 }), webhook: hook }),
    ),
    isNeverSure: true,
  },
  createWebhook: { body: fc.record({ url: hook, types: told, symbols: fc.constantFrom([], ['AAPL', 'btc']) }) },
  changeWebhook: { body: fc.oneof(fc.record({ types: told }), fc.record({ url: hook, status: stands })) },
  replayWebhook: { body: fc.record({ from: fc.constant('2026-11-22T10:00:00.000Z') }) },
  receivePaymentWebhook: { isNeverSure: true },
  receiveGatewayWebhook: { isNeverSure: true },
  // The plan may have no room for it.
  watchSymbol: { isNeverSure: true },
  readQuotes: { parameters: { symbols: list(fc.constantFrom('AAPL', 'BINANCE:BTCUSDT', '^GSPC', 'BRK.B')) } },
  readForex: { parameters: { base: currency } },
  readForexHistory: { parameters: { base: currency } },
  followMarket: {
    parameters: {
      symbols: list(fc.constantFrom('AAPL', 'MSFT')),
      types: list(fc.constantFrom('quote.updated', 'news.published')),
    },
  },
  followOrders: { parameters: { all: fc.constantFrom('true', 'false') } },
  readCrypto: { parameters: { symbol: coin } },
  readCryptoHistory: { parameters: { symbol: coin } },
  listEvents: { parameters: { after: fc.constant(undefined) } },
  readBars: { parameters: { interval: fc.constant('1d') } },
  readBudgetHistory: { parameters: { by: fc.constant('hour') } },
  readQueueHistory: { parameters: { by: fc.constant('hour') } },
};

/** For every operation: spans end after they begin, and a cursor goes with the list that gave it. */
const everywhere: NonNullable<Rule['parameters']> = {
  from: fc.option(momentBefore(11, 20), { nil: undefined }),
  to: fc.option(momentBefore(0, 9), { nil: undefined }),
  cursor: fc.constant(undefined),
  // Nobody works in this test, so nobody waits.
  prefer: fc.constantFrom('wait=0', 'respond-async, wait=0'),
};

/** The rule of an operation. */
export function ruleOf(id: string): Rule {
  const days = fc.option(momentBefore(11, 20), { nil: undefined }).map((time) => time?.slice(0, 10));
  const ofNews = id === 'readNews' ? { from: days, to: fc.constant(undefined) } : {};
  const rule = rules[id] ?? {};
  return { ...rule, parameters: { ...everywhere, ...ofNews, ...rule.parameters } };
}
