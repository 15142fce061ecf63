import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { askForMail } from '../../src/accounts/verifications.ts';
import { Verification } from '../../src/entities/accounts.entity.ts';
import { AlertFiring } from '../../src/entities/alerts.entity.ts';
import { mails as queue } from '../../src/jobs/queues.ts';
import { pause } from '../../src/webhooks/pause.ts';
import { askForMails } from '../../src/workers/ask-for-mails.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { webhooksOf } from '../support/api/webhooks.ts';
import { sendAll } from '../support/stores/send-all.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi({ SMTP_URL: 'smtp://127.0.0.1:1' });
});
afterAll(() => api.close());
beforeEach(() => api.ctx.redis.flushdb());

const minuteMs = 60_000;
const em = () => api.ctx.orm.em.fork();
const ago = (minutes: number) => new Date(Date.now() - minutes * minuteMs);
const Asked = z.union([
  z.object({ verification_id: z.uuid() }).transform(({ verification_id: id }) => id),
  z.object({ alert_id: z.uuid() }).transform(({ alert_id: id }) => id),
  z.object({ webhook_id: z.uuid() }).transform(({ webhook_id: id }) => id),
]);

/** What the jobs that wait to be sent are about. */
async function asked(): Promise<string[]> {
  await sendAll(api.ctx);
  const waiting = await api.ctx.jobs.queues.get(queue.name)?.getJobs(['prioritized', 'waiting']);
  return (waiting ?? []).map(({ data }) => Asked.parse(data)).toSorted();
}

const wish = (at = new Date()) => api.ctx.transaction((tx) => askForMail(tx, 'reset', 'ada@example.com', at));

async function fire(given: Readonly<{ firedAt?: Date; mailedAt?: Date; orderState?: 'waiting' | 'placed' }> = {}) {
  const alert = randomUUIDv7();
  const row = { alert, number: 1, userId: 1, position: 1, price: 3, asOf: new Date(), firedAt: new Date() };
  await em().insert(AlertFiring, { ...row, ...given });
  return alert;
}

async function pausedWebhook(at = new Date()): Promise<string> {
  const { id } = await webhooksOf(api).create({ url: 'http://localhost:9/hooks' });
  await api.ctx.transaction((tx, after) => pause(tx, after, { id, notice: 'It is gone.', at }));
  return id;
}

test('what is not known to be sent, and of use still, is asked for once, and nothing else', async () => {
  const due = [await wish(), await fire(), await fire({ orderState: 'placed' }), await pausedWebhook()];
  await wish(ago(31));
  await em().nativeUpdate(Verification, { id: await wish() }, { sentAt: new Date() });
  await fire({ mailedAt: new Date() });
  await fire({ orderState: 'waiting' });
  await fire({ firedAt: ago(61) });
  await pausedWebhook(ago(11));
  await sendAll(api.ctx);
  await api.ctx.redis.flushdb();

  expect(await askForMails(api.ctx)).toBe(due.length);
  expect(await asked()).toEqual(due.toSorted());
  await Promise.all([askForMails(api.ctx), askForMails(api.ctx)]);
  expect(await asked()).toEqual(due.toSorted());
});

test('a job that Redis holds still is not joined by another', async () => {
  const id = await pausedWebhook();
  expect(await asked()).toEqual([id]);
  await askForMails(api.ctx);
  expect((await asked()).filter((one) => one === id)).toEqual([id]);
});

test('nothing is asked for where no mail server is named', async () => {
  await wish();
  expect(await askForMails({ ...api.ctx, config: { ...api.ctx.config, SMTP_URL: undefined } })).toBe(0);
  expect(await asked()).toEqual([]);
});
