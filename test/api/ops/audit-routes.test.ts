import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Route } from '../../../src/api/http/define-route.ts';
import { loadRoutes } from '../../../src/api/app.ts';
import { Secret, TOTP } from 'otpauth';
import { askForMail, prepareMail } from '../../../src/accounts/verifications.ts';
import { SecondFactor, User } from '../../../src/entities/accounts.entity.ts';
import { AuditEntry } from '../../../src/entities/ops.entity.ts';
import { Order } from '../../../src/entities/orders.entity.ts';
import { Payment } from '../../../src/entities/payments.entity.ts';
import { upkeep } from '../../../src/jobs/queues.ts';
import { patientRedis } from '../../../src/redis/connection.ts';
import { runQueue } from '../../../src/workers/run-queue.ts';
import { everythingInMysql } from '../../support/stores/everything-stored.ts';
import { until } from '../../support/processes/process.ts';
import { accounts, openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { makePerson, objects } from '../../support/api/personas.ts';

/** Customers do this with what is theirs, which the order's history tells; done by staff with others' orders it is audited. */
const customers = new Set(['placeOrder', 'changeOrder', 'deleteOrder', 'cancelOrder', 'payOrder']);
/** Done before anybody is known. */
const byNobody = new Set(['register', 'requestPasswordReset']);
/** Nobody's: the gateway signs what it sends, and payments have a history of their own. */
const nobodys = new Set(['receivePaymentWebhook', 'receiveGatewayWebhook']);

/** It only says what an order would be. */
const reading = new Set(['previewOrder']);

const routes = (await loadRoutes()).filter(
  ({ route: { method, operationId } }) => method !== 'get' && !nobodys.has(operationId) && !reading.has(operationId),
);

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi({ PUBLIC_PRODUCT_API: 'http://127.0.0.1:9/products', SMTP_URL: 'smtp://127.0.0.1:9' });
});
afterAll(() => api.close());

/** What a route needs to succeed, where the example of its body, sent for any object, does not. */
const special: Readonly<
  Record<string, (administrator: Person, owner: Person) => Promise<Readonly<{ body?: unknown; id?: string }>>>
> = {
  login: async () => ({ body: accounts.demo }),
  register: async () => ({ body: { email: `${randomUUID()}@example.com`, password: 'a long sentence', name: 'Ada' } }),
  createUser: async () => ({
    body: { email: `${randomUUID()}@example.com`, password: 'a long sentence', name: 'Ada' },
  }),
  finishPasswordReset: async (administrator) => ({
    body: { token: await mailedToken('reset', administrator), password: 'a longer sentence' },
  }),
  finishConfirmation: async (administrator) => ({ body: { token: await mailedToken('confirm', administrator) } }),
  confirmSecondFactor: async ({ id }) => ({ body: { code: await firstCode(id, null) } }),
  endSecondFactor: async ({ id }) => ({ body: { password: 'a long sentence', code: await firstCode(id, new Date()) } }),
  endSecondFactorOfUser: async (_administrator, { id }) => (await firstCode(id, new Date()), {}),
  refundOrder: async () => ({ id: await paidOrder(), body: {} }),
  retryJob: async () => ({ id: await failedJob() }),
};

type Person = Awaited<ReturnType<typeof makePerson>>;

/** The token of a link that has been mailed to somebody. */
async function mailedToken(purpose: 'reset' | 'confirm', { id: userId }: Person): Promise<string> {
  const { email } = await api.ctx.orm.em.fork().findOneOrFail(User, userId);
  const id = await api.ctx.transaction((tx) => askForMail(tx, purpose, email, new Date()));
  return (await api.ctx.transaction((tx) => prepareMail(tx, id, new Date())))?.token ?? '';
}

/** Gives somebody a second factor, and returns a code of it. */
async function firstCode(userId: number, confirmedAt: Date | null): Promise<string> {
  const secret = new Secret();
  const row = { userId, secret: secret.base32, createdAt: new Date(), confirmedAt };
  await api.ctx.orm.em.fork().insert(SecondFactor, row);
  return TOTP.generate({ secret });
}

async function paidOrder(): Promise<string> {
  const order = await objects.find(({ path }) => path.test('/orders/{id}'))?.make(api, await makePerson(api));
  const id = String(order);
  const em = api.ctx.orm.em.fork();
  await em.nativeUpdate(Order, { id }, { status: 'paid', paidAt: new Date() });
  await em.nativeUpdate(Payment, { order: id }, { status: 'succeeded', liveOrderId: id });
  return id;
}

async function failedJob(): Promise<string> {
  const id = randomUUIDv7();
  const queue = api.ctx.jobs.queues.get(upkeep.name);
  await queue?.add('charge-order', {}, { jobId: id });
  const worker = runQueue(upkeep, 1, patientRedis(api.ctx.config), api.ctx);
  await until('a failed job', async () => ((await queue?.getJobState(id)) === 'failed' ? true : undefined));
  await worker.close();
  return id;
}

function exampleBody({ route }: Route): unknown {
  const [content] = Object.values(route.request?.body?.content ?? {});
  return content && 'example' in content ? content.example : undefined;
}

/** A request that an administrator makes, of what is somebody else's where anything is anybody's. */
async function requestTo(route: Route) {
  const { method, path, operationId } = route.route;
  const owner = await makePerson(api);
  const administrator = await makePerson(api, 'admin');
  const isOwn = /^\/(auth|market\/alerts)\//.test(path);
  const object = objects.find((known) => known.path.test(path));
  const { body = exampleBody(route), id } = (await special[operationId]?.(administrator, owner)) ?? {};
  const of = id ?? (path.includes('{') ? await object?.make(api, isOwn ? administrator : owner) : undefined);
  const headers = { authorization: `Bearer ${administrator.token}` };
  const address = path.replace(/\{\w+\}/, of ?? '');
  const send = () => api.send(method.toUpperCase(), address, body === undefined ? { headers } : { headers, body });
  return { of, send };
}

const rename = (from: string, to: string) => api.ctx.orm.em.fork().execute(`rename table ${from} to ${to}`);
// But for what relays change on their own: versions are counted in another table.
const stored = () => everythingInMysql(api.ctx.orm, ['outbox_messages', 'event_log', 'event_log_end']);

describe.each(routes.map((route) => [route.route.operationId, route] as const))('%s', (operationId, route) => {
  it('is written down in the transaction that does it', async () => {
    const { of, send } = await requestTo(route);
    await api.ctx.events.relay.idle();
    await rename('audit_entries', 'audit_away');
    const before = await stored();
    expect((await send()).status, 'while it cannot be written').toBeGreaterThanOrEqual(500);
    expect(await stored(), 'what was changed without being written').toBe(before);
    await rename('audit_away', 'audit_entries');

    const answer = await send();
    expect(answer.status).toBeLessThan(300);
    const requestId = answer.headers.get('x-request-id') ?? '';
    const entries = await api.ctx.orm.em.fork().find(AuditEntry, { requestId }, { orderBy: { id: 'asc' } });
    const [entry] = entries.slice(-1);
    expect(entry).toMatchObject({ action: operationId, status: answer.status, code: null });
    if (!byNobody.has(operationId)) expect(entry?.userId).toBeGreaterThan(0);
    if (of !== undefined) expect(entry?.subject).toBe(of);
  });
});

it('customers’ orders are not in the audit', async () => {
  const person = await makePerson(api);
  const headers = { authorization: `Bearer ${person.token}` };
  const placed = await api.send('POST', '/orders', { headers, body: { products: [1] } });
  const location = placed.headers.get('location') ?? '';
  await api.send('DELETE', location, { headers });
  expect(await api.ctx.orm.em.fork().count(AuditEntry, { userId: person.id })).toBe(0);
  expect(routes.filter(({ route }) => customers.has(route.operationId))).toHaveLength(customers.size);
});
