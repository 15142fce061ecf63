import type { EntityManager } from '@mikro-orm/mysql';
import { Product } from '../../../src/entities/catalog.entity.ts';
import { ApiKey, RecoveryCode, Token, User, Verification } from '../../../src/entities/accounts.entity.ts';
import { AuditEntry, DeadLetter, IdempotencyKey } from '../../../src/entities/ops.entity.ts';
import { Order, OrderHistory, OrderLine } from '../../../src/entities/orders.entity.ts';
import { Dispute, GatewayCall, Payment, Refund } from '../../../src/entities/payments.entity.ts';
import { AlertFiring, PriceAlert } from '../../../src/entities/alerts.entity.ts';
import { WebhookDelivery, WebhookEndpoint } from '../../../src/entities/webhooks.entity.ts';
import { insertRows } from '../../../src/mysql/rows.ts';

/** How many rows a table is filled with. */
export const most = 3_000;
const hourMs = 3_600_000;
/** Their numbers. */
export const rows = Array.from({ length: most }, (_, row) => row);

/** The id of a row by its number. Rows of one number belong together. */
export const idOf = (row: number): string => `019341d2-0000-7000-8000-${row.toString(16).padStart(12, '0')}`;

/** When the row of a number was made: each an hour after the one before. */
export const timeOf = (row: number, now: Date): Date => new Date(now.getTime() - (most - row) * hourMs);

/** Whose a row is: the demo customer's one in 300. */
const ownerOf = (row: number): number => (row % 300 === 0 ? 1 : 10 + (row % 1_000));

/** One row in 500 is unlike the others. */
export const isRare = (row: number): boolean => row % 500 === 0;

type MakeTime = (row: number) => Date;
const money = { amountMinor: 100, currency: 'USD' };

/** Fills the tables of the shop and its administration with a few thousand rows each, and lets the server learn how they are spread. */
export async function fillShop(em: EntityManager, now: Date): Promise<void> {
  const at = (row: number) => timeOf(row, now);
  await fillAccounts(em, at, now);
  await fillOrders(em, at);
  await fillPayments(em, at);
  await fillRecords(em, at, now);
  await fillWebhooks(em, at, now);
  await fillAlerts(em, at, now);
  const people = [User, Token, ApiKey, Verification, RecoveryCode];
  const shop = [Product, Order, OrderLine, OrderHistory, Payment, Refund, Dispute, GatewayCall];
  const records = [IdempotencyKey, DeadLetter, AuditEntry, WebhookEndpoint, WebhookDelivery, PriceAlert, AlertFiring];
  const tables = [...people, ...shop, ...records].map(({ meta }) => meta.tableName);
  await em.execute(`analyze table ${tables.join(', ')}`);
}

async function fillAccounts(em: EntityManager, at: MakeTime, now: Date): Promise<void> {
  const users = rows.map((row) => ({
    id: 10 + row,
    email: `user-${row}@example.com`,
    name: 'User',
    role: isRare(row) ? ('operator' as const) : ('user' as const),
    passwordHash: '-',
  }));
  const tokens = rows.map((row) => ({
    id: idOf(row),
    user: ownerOf(row),
    hash: String(row).padStart(64, '0'),
    createdAt: at(row),
    expiresAt: isRare(row) ? at(0) : new Date(now.getTime() + 24 * hourMs),
  }));
  await insertRows(em, User, users);
  await insertRows(em, Token, tokens);
  const key = { name: 'Key', start: 'ofk_0000', scopes: 'orders:read' };
  const keys = tokens.map((token, row) => ({ ...token, ...key, expiresAt: isRare(row) ? at(0) : null }));
  await insertRows(em, ApiKey, keys);
  const links = tokens.map(({ id, hash, createdAt, expiresAt }, row) => {
    return { id, hash, createdAt, expiresAt, purpose: 'reset' as const, email: `user-${row}@example.com` };
  });
  await insertRows(em, Verification, links);
  const codes = rows.map((row) => ({ hash: String(row).padStart(64, '0'), userId: ownerOf(row), createdAt: at(row) }));
  await insertRows(em, RecoveryCode, codes);
}

async function fillOrders(em: EntityManager, at: MakeTime): Promise<void> {
  const products = rows.map((row) => ({
    id: 10 + row,
    source: 'feed',
    externalId: String(row),
    title: `Product ${row}`,
    category: isRare(row) ? 'rare' : 'usual',
    priceMinor: 100,
    currency: 'USD',
  }));
  const orders = rows.map((row) => ({
    id: idOf(row),
    user: ownerOf(row),
    status: isRare(row) ? ('pending' as const) : ('paid' as const),
    totalMinor: isRare(row + 2) ? 5_000 : 100,
    refundedMinor: 0,
    currency: isRare(row + 3) ? 'EUR' : 'USD',
    createdAt: at(row),
    waitingSince: isRare(row) ? at(row) : null,
  }));
  const line = { position: 0, title: 'Product', quantity: 1, held: 0, unitPriceMinor: 100, lineTotalMinor: 100 };
  const change = { subject: 'order' as const, toStatus: 'pending' };
  await insertRows(em, Product, products);
  await insertRows(em, Order, orders);
  await insertRows(
    em,
    OrderLine,
    rows.map((row) => ({ order: idOf(row), productId: 10 + row, ...line })),
  );
  await insertRows(
    em,
    OrderHistory,
    rows.map((row) => ({ order: idOf(row), subjectId: idOf(row), at: at(row), ...change })),
  );
}

async function fillPayments(em: EntityManager, at: MakeTime): Promise<void> {
  const isOpen = (row: number) => isRare(row + 1);
  const asked = (row: number) => ({
    id: idOf(row),
    order: idOf(row),
    status: isOpen(row) ? ('unknown' as const) : ('succeeded' as const),
    gatewayKey: idOf(row),
    createdAt: at(row),
    calls: 1,
    jobId: idOf(row),
    reviewAt: isOpen(row) ? at(row) : null,
    ...money,
  });
  const payments = rows.map((row) => ({
    ...asked(row),
    user: ownerOf(row),
    liveOrderId: idOf(row),
    method: 'instant',
    gateway: 'instant',
    gatewayReference: `pi_${row}`,
  }));
  const refunds = rows.map((row) => ({ ...asked(row), payment: idOf(row), gatewayReference: `re_${row}` }));
  const disputes = rows.map((row) => {
    const told = { gatewayReference: `dp_${row}`, status: 'won', createdAt: at(row), toldAt: at(row) };
    return { id: idOf(row), order: idOf(row), payment: idOf(row), ...told, ...money };
  });
  const calls = rows.map((row) => {
    const call = { operation: 'charge' as const, startedAt: at(row), endedAt: at(row), outcome: 'succeeded' };
    return { id: idOf(row), order: idOf(row), subjectId: idOf(row), ...call };
  });
  await insertRows(em, Payment, payments);
  await insertRows(em, Refund, refunds);
  await insertRows(em, Dispute, disputes);
  await insertRows(em, GatewayCall, calls);
}

/** What is kept for a time only is nearly all of now. */
async function fillRecords(em: EntityManager, at: MakeTime, now: Date): Promise<void> {
  const answer = { fingerprint: '-'.repeat(64), status: 201, body: '{}' };
  const keys = rows.map((row) => {
    return { userId: ownerOf(row), key: String(row), ...answer, createdAt: isRare(row) ? at(0) : now };
  });
  const letters = rows.map((row) => ({
    id: idOf(row),
    jobId: idOf(row),
    kind: isRare(row) ? 'sync-products' : 'charge-order',
    payload: '{}',
    reason: 'no',
    attempts: 1,
    diedAt: at(row),
    replayedAt: isRare(row) ? null : isRare(row + 1) ? at(0) : now,
  }));
  const entries = rows.map((row) => ({
    id: idOf(row),
    userId: isRare(row) ? 1 : 10 + (row % 10),
    action: isRare(row) ? 'deleteProduct' : 'updateProduct',
    subject: isRare(row) ? 'rare' : 'usual',
    requestId: idOf(row),
    at: at(row),
    code: isRare(row) ? 'forbidden' : null,
  }));
  await insertRows(em, IdempotencyKey, keys);
  await insertRows(em, DeadLetter, letters);
  await insertRows(em, AuditEntry, entries);
}

async function fillWebhooks(em: EntityManager, at: MakeTime, now: Date): Promise<void> {
  const endpoints = rows.map((row) => ({
    id: idOf(row),
    userId: ownerOf(row),
    scope: 'own' as const,
    url: 'https://shop.example.com/hook',
    types: '[]',
    symbols: '[]',
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    pausedAt: isRare(row) ? at(0) : null,
    wakeAt: isRare(row + 1) ? at(0) : null,
    deletedAt: isRare(row + 2) ? at(0) : null,
    createdAt: at(row),
  }));
  const deliveries = rows.map((row) => ({
    endpoint: idOf(row % 3),
    position: 1 + row,
    eventId: idOf(row),
    type: 'order.paid',
    subject: idOf(row),
    state: isRare(row) ? ('waiting' as const) : ('delivered' as const),
    createdAt: at(row),
    endedAt: isRare(row) ? null : isRare(row + 1) ? at(0) : now,
  }));
  await insertRows(em, WebhookEndpoint, endpoints);
  await insertRows(em, WebhookDelivery, deliveries);
}

async function fillAlerts(em: EntityManager, at: MakeTime, now: Date): Promise<void> {
  const alerts = rows.map((row) => ({
    id: idOf(row),
    userId: ownerOf(row),
    symbol: `S${row % 30}`,
    kind: 'above' as const,
    threshold: 1 + row,
    isOnce: false,
    isArmed: row % 2 === 0,
    wakeHigh: row % 2 === 0 ? 1 + row : null,
    wakeLow: row % 2 === 0 ? null : 1 + row,
    since: 0,
    createdAt: at(row),
    endedAt: isRare(row) ? at(0) : null,
  }));
  const firings = rows.map((row) => ({
    alert: idOf(row),
    number: 1,
    userId: ownerOf(row),
    position: 1 + row,
    price: 1 + row,
    asOf: at(row),
    firedAt: isRare(row) ? at(0) : now,
    orderState: isRare(row + 1) ? ('waiting' as const) : null,
    dueAt: isRare(row + 1) ? at(0) : null,
    mailBegunAt: row % 2 === 0 ? at(row) : null,
    mailedAt: row % 2 === 0 ? at(row) : null,
  }));
  await insertRows(em, PriceAlert, alerts);
  await insertRows(em, AlertFiring, firings);
}
