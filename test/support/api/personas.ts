import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { hashToken } from '../../../src/accounts/tokens.ts';
import { Order } from '../../../src/entities/orders.entity.ts';
import { Payment } from '../../../src/entities/payments.entity.ts';
import { Product } from '../../../src/entities/catalog.entity.ts';
import { ApiKey, Token, type Role, User } from '../../../src/entities/accounts.entity.ts';
import { PriceAlert } from '../../../src/entities/alerts.entity.ts';
import { WatchedSymbol } from '../../../src/entities/market.entity.ts';
import { WebhookEndpoint } from '../../../src/entities/webhooks.entity.ts';
import { findJob } from '../../../src/jobs/find-jobs.ts';
import { explainWaits } from '../../../src/ops/explain-waits.ts';
import { pruneTokens } from '../../../src/jobs/accounts/prune-tokens.job.ts';
import { mintKey } from '../../../src/accounts/api-keys.ts';
import type { Scope } from '../../../src/accounts/scopes.ts';
import { openPasswords } from '../../../src/accounts/passwords.ts';
import { newSecret } from '../../../src/webhooks/sign.ts';
import { until } from '../processes/process.ts';
import type { TestApi } from './test-api.ts';

/** Who comes to a route, with what they bring. */
export const personas = [
  'anonymous',
  'garbage token',
  'expired',
  'revoked',
  'deleted',
  'other user',
  'owner',
  'operator',
  'administrator',
] as const;
export type Persona = (typeof personas)[number];

const passwordHash = await openPasswords().hash('a long sentence');

/** Somebody with an account of their own, and a token that was valid for `lastsMs`, made without the API. */
export async function makePerson({ ctx }: TestApi, role: Role = 'user', lastsMs = 600_000) {
  const em = ctx.orm.em.fork();
  const createdAt = new Date();
  const row = { email: `${randomUUID()}@example.com`, name: 'Ada Example', role, passwordHash, createdAt };
  const id = await em.insert(User, row);
  const token = randomUUID();
  const expiresAt = new Date(createdAt.getTime() + lastsMs);
  const tokenId = randomUUIDv7();
  await em.insert(Token, { id: tokenId, user: id, hash: hashToken(token), createdAt, expiresAt });
  return { id, token, tokenId };
}

/** A key that acts for the user, made without the API. */
export async function makeKey({ ctx }: TestApi, user: number, scopes: readonly Scope[], lastsMs = 600_000) {
  const key = mintKey();
  const createdAt = new Date();
  const expiresAt = new Date(createdAt.getTime() + lastsMs);
  const row = { id: randomUUIDv7(), user, name: 'A key', start: key.slice(0, 8), scopes: scopes.join(' ') };
  await ctx.orm.em.fork().insert(ApiKey, { ...row, hash: hashToken(key), createdAt, expiresAt });
  return { id: row.id, key };
}

/** The token that a persona comes with; `owner` is whose the objects of the route are. */
export async function tokenOf(api: TestApi, persona: Persona, owner: Readonly<{ token: string }>) {
  if (persona === 'anonymous') return undefined;
  if (persona === 'garbage token') return `${randomUUID()}${randomUUID()}`;
  if (persona === 'owner') return owner.token;
  if (persona === 'expired') return (await makePerson(api, 'admin', -1)).token;
  if (persona === 'other user') return (await makePerson(api)).token;
  if (persona === 'operator') return (await makePerson(api, 'operator')).token;
  const person = await makePerson(api, 'admin');
  if (persona === 'administrator') return person.token;
  // Seen before they were gone, so that nothing may remember them.
  await api.send('GET', '/auth/me', { headers: { authorization: `Bearer ${person.token}` } });
  const asThemselves = { headers: { authorization: `Bearer ${person.token}` } };
  if (persona === 'revoked') await api.send('POST', '/auth/logout', asThemselves);
  if (persona === 'deleted') await api.send('DELETE', `/users/${person.id}`, asThemselves);
  return person.token;
}

type Owner = Awaited<ReturnType<typeof makePerson>>;

/** What a path's parameter may name, by how the path begins: an object of the owner, or one of everybody. */
export const objects: readonly Readonly<{
  path: RegExp;
  isOwned: boolean;
  /** Whether administrators see it although it is not theirs. */
  isSeenByAdmin?: boolean;
  make(api: TestApi, owner: Owner): Promise<string> | string;
}>[] = [
  {
    path: /^\/orders\/\{id\}/,
    isOwned: true,
    isSeenByAdmin: true,
    make: async (...a) => (await makeOrder(...a)).order,
  },
  {
    path: /^\/payments\/\{id\}/,
    isOwned: true,
    isSeenByAdmin: true,
    make: async (...a) => (await makeOrder(...a)).payment,
  },
  { path: /^\/payments\/webhook\/\{gateway\}/, isOwned: false, make: () => 'instant' },
  { path: /^\/webhooks\/\{id\}/, isOwned: true, isSeenByAdmin: true, make: makeWebhook },
  { path: /^\/market\/alerts\/\{id\}/, isOwned: true, make: makeAlert },
  { path: /^\/users\/\{id\}/, isOwned: true, isSeenByAdmin: true, make: (_api, { id }) => String(id) },
  { path: /^\/auth\/tokens\/\{id\}/, isOwned: true, make: (_api, { tokenId }) => tokenId },
  { path: /^\/queues\/\{name\}/, isOwned: false, make: () => 'payments' },
  {
    path: /^\/auth\/keys\/\{id\}/,
    isOwned: true,
    make: async (api, { id }) => (await makeKey(api, id, ['orders:read'])).id,
  },
  { path: /^\/jobs\/\{id\}/, isOwned: false, make: makeJob },
  { path: /^\/products\/\{id\}/, isOwned: false, make: makeProduct },
  { path: /^\/market\/watchlist\/\{symbol\}/, isOwned: false, make: makeWatched },
  { path: /^\/problems\/\{code\}/, isOwned: false, make: () => 'not_found' },
  { path: /^\/docs\/\{file\}/, isOwned: false, make: () => 'swagger-ui.css' },
  { path: /^\/pages\/\{file\}/, isOwned: false, make: () => 'page.css' },
  { path: /^\/app\/\{view\}/, isOwned: false, make: () => 'orders' },
  // What the live page is built of has names of the build's own.
  { path: /^\/assets\/\{file\}/, isOwned: false, make: () => 'index.js' },
];

/** The path with an object of the owner where it has a parameter. */
export async function present(api: TestApi, path: string, owner: Owner): Promise<string> {
  const id = await objects.find((known) => known.path.test(path))?.make(api, owner);
  return path.replace(/\{\w+\}/, id ?? '');
}

/** An order that waits for its buyer, and a payment of it that has failed. */
async function makeOrder({ ctx }: TestApi, { id: user }: Owner): Promise<{ order: string; payment: string }> {
  const em = ctx.orm.em.fork();
  const at = new Date();
  const [order, payment] = [randomUUIDv7(), randomUUIDv7()];
  await em.insert(Order, {
    id: order,
    user,
    status: 'payment_failed',
    totalMinor: 100,
    currency: 'USD',
    createdAt: at,
  });
  await em.insert(Payment, {
    id: payment,
    order,
    user,
    status: 'failed',
    method: 'pm_card_visa',
    amountMinor: 100,
    currency: 'USD',
    gateway: 'instant',
    gatewayKey: randomUUID(),
    createdAt: at,
    calls: 0,
    jobId: randomUUID(),
  });
  return { order, payment };
}

/** A webhook that is told of nothing yet. */
async function makeWebhook({ ctx }: TestApi, { id: userId }: Owner): Promise<string> {
  const id = randomUUIDv7();
  await ctx.orm.em.fork().insert(WebhookEndpoint, {
    id,
    userId,
    scope: 'own',
    url: 'https://shop.example.com/hook',
    types: '[]',
    symbols: '[]',
    secret: newSecret(),
    createdAt: new Date(),
  });
  return id;
}

/** An alert that no price fires. */
export async function makeAlert({ ctx }: TestApi, { id: userId }: Pick<Owner, 'id'>): Promise<string> {
  const id = randomUUIDv7();
  const never = { kind: 'above' as const, threshold: 1e9, wakeHigh: 1e9, isArmed: true, isOnce: true, since: 0 };
  await ctx.orm.em.fork().insert(PriceAlert, { ...never, id, userId, symbol: 'AAPL', createdAt: new Date() });
  return id;
}

/** A job that the queue holds. */
async function makeJob({ ctx }: TestApi): Promise<string> {
  const id = await ctx.transaction(async (_tx, after) => after.enqueue(pruneTokens, {}));
  await until('the job', () => findJob(ctx.jobs, id, explainWaits(ctx)).catch(() => undefined));
  return id;
}

async function makeProduct({ ctx }: TestApi): Promise<string> {
  const row = { title: 'A thing', priceMinor: 100, currency: 'USD', stock: null };
  return String(await ctx.orm.em.fork().insert(Product, row));
}

/** A symbol that is watched. */
async function makeWatched({ ctx }: TestApi): Promise<string> {
  const row = {
    symbol: 'AAPL',
    kind: 'stock',
    everySeconds: 60,
    addedBy: null,
    createdAt: new Date(),
    polledAt: null,
  } as const;
  await ctx.orm.em.fork().upsert(WatchedSymbol, row);
  return row.symbol;
}
