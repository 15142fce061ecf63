import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GiveUp } from '../../../src/errors.ts';
import { testWebhook } from '../../../src/jobs/webhooks/test-webhook.job.ts';
import { performJob } from '../../support/api/perform-job.ts';
import { until } from '../../support/processes/process.ts';
import { openWebhookApi, type WebhookApi } from '../../support/api/webhooks.ts';
import { verified } from '../../support/upstreams/webhook-receiver.ts';

let at: WebhookApi;
beforeAll(async () => {
  at = await openWebhookApi();
});
afterAll(() => at.close());
const create = (path: string) => at.hooks.create({ url: at.receiver.urlOf(path), types: ['order.paid'] });

test('it sends a signed event, whatever the filters say, and tells what was answered; twice it has one id', async () => {
  const { id, secret } = await create('/well');
  const job = randomUUIDv7();
  for (const _ of ['once', 'twice'])
    expect(await performJob(testWebhook, { webhook_id: id }, at.api.ctx, { id: job })).toEqual({
      delivered: true,
      response_status: 204,
      error: null,
    });
  const arrivals = at.receiver.arrivals('/well');
  expect(arrivals.map((one) => verified(one, secret))).toEqual([
    {
      id: job,
      type: 'webhook.test',
      version: 1,
      schema: 1,
      time: expect.any(String),
      subject: id,
      data: { webhook_id: id },
    },
    expect.objectContaining({ id: job }),
  ]);
});

test('a refusal and no answer are results, too', async () => {
  const { id } = await create('/odd');
  at.receiver.behave('/odd', () => 302);
  expect(await performJob(testWebhook, { webhook_id: id }, at.api.ctx)).toEqual({
    delivered: false,
    response_status: 302,
    error: null,
  });
  at.receiver.behave('/odd', () => 'cut');
  expect(await performJob(testWebhook, { webhook_id: id }, at.api.ctx)).toEqual({
    delivered: false,
    response_status: null,
    error: 'ECONNRESET',
  });
});

test('cut off before it has heard anything it tells nothing, and is done again', async () => {
  const { id } = await create('/mute');
  at.receiver.behave('/mute', () => 'hang');
  const stop = new AbortController();
  const sent = performJob(testWebhook, { webhook_id: id }, at.api.ctx, { signal: stop.signal });
  await until('it has arrived', async () => at.receiver.arrivals('/mute').length > 0 || undefined);
  stop.abort('shutdown');
  await expect(sent).rejects.toBe('shutdown');
});

test('it gives up when the webhook has been deleted', async () => {
  const { id } = await create('/gone');
  await at.api.send('DELETE', `/webhooks/${id}`, { as: 'demo' });
  await expect(performJob(testWebhook, { webhook_id: id }, at.api.ctx)).rejects.toThrow(GiveUp);
});
