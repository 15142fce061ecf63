import { afterAll, beforeAll, expect, test } from 'vitest';
import { EventLog } from '../../src/entities/outbox.entity.ts';
import { WebhookDelivery } from '../../src/entities/webhooks.entity.ts';
import { claim, findDue, release } from '../../src/webhooks/claim.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { webhooksOf } from '../support/api/webhooks.ts';
import { type Receiver, startReceiver } from '../support/upstreams/webhook-receiver.ts';

let api: TestApi;
let receiver: Receiver;
beforeAll(async () => {
  [api, receiver] = await Promise.all([openTestApi(), startReceiver()]);
});
afterAll(async () => {
  await receiver.close();
  await api.close();
});

const em = () => api.ctx.orm.em.fork();

test('one whose only failure has expired is looked after when something comes, also while a run works', async () => {
  const hooks = webhooksOf(api);
  const { id } = await hooks.create({ url: receiver.urlOf('/expiring') });
  receiver.behave('/expiring', () => 500);
  await hooks.publish('a');
  await hooks.deliver(id);
  const [first] = (await hooks.deliveries(id)).data;
  await em().nativeDelete(EventLog, { id: first?.event_id ?? '' });
  // As if every wait were over.
  await hooks.set(id, { retryAt: null });
  await em().nativeUpdate(WebhookDelivery, { endpoint: id }, { dueAt: null });
  await hooks.deliver(id);
  expect(await hooks.stored(id)).toMatchObject({ failures: 1, wakeAt: null });
  const token = await claim(em(), id);
  await hooks.publish('b');
  await release(em(), id, token ?? '', undefined);
  expect(await findDue(em())).toContain(id);
  await hooks.set(id, { wakeAt: null });
  await hooks.publish('b');
  expect(await findDue(em())).toContain(id);
});
