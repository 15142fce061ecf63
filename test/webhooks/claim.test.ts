import { afterAll, beforeAll, expect, test } from 'vitest';
import { EventLog } from '../../src/entities/outbox.entity.ts';
import { claim, findDue, keep, release } from '../../src/webhooks/claim.ts';
import { lookForWork } from '../../src/webhooks/route-events.ts';
import { openWebhookApi, type WebhookApi } from '../support/api/webhooks.ts';
import { statementsOf } from '../support/stores/statements.ts';

let at: WebhookApi;
beforeAll(async () => {
  at = await openWebhookApi();
});
afterAll(() => at.close());

const em = () => at.api.ctx.orm.em.fork();

test('one whose only failure has expired is looked after when something comes, also while a run works', async () => {
  const { id } = await at.hooks.create({ url: at.receiver.urlOf('/expiring') });
  at.receiver.behave('/expiring', () => 500);
  await at.hooks.publish('a');
  await at.hooks.deliver(id);
  const [first] = (await at.hooks.deliveries(id)).data;
  await em().nativeDelete(EventLog, { id: first?.event_id ?? '' });
  await at.hooks.passWaits(id);
  await at.hooks.deliver(id);
  expect(await at.hooks.stored(id)).toMatchObject({ failures: 1, wakeAt: null });
  const token = await claim(em(), id);
  await at.hooks.publish('b');
  await release(em(), id, token ?? '', undefined);
  expect(await findDue(em())).toContain(id);
  await at.hooks.set(id, { wakeAt: null });
  await at.hooks.publish('b');
  expect(await findDue(em())).toContain(id);
});

test('one that was claimed on a clock of MySQL’s that was ahead is looked after in time; whoever holds it keeps it', async () => {
  const { id } = await at.hooks.create({ url: at.receiver.urlOf('/ahead') });
  await at.hooks.set(id, { wakeAt: null });
  const token = (await claim(em(), id)) ?? '';
  const inAnHour = new Date(Date.now() + 3_600_000);
  await at.hooks.set(id, { wakeAt: inAnHour });
  expect(await lookForWork(em())).toMatchObject({ isDue: true });
  expect(await findDue(em())).not.toContain(id);
  expect((await at.hooks.stored(id))?.wakeAt?.getTime()).toBeLessThan(Date.now() + 60_000);
  expect(await keep(em(), id, token)).toBe(true);
  // What waits for its next try is not held by anybody.
  await release(em(), id, token, inAnHour);
  expect(await findDue(em())).not.toContain(id);
  expect(await at.hooks.stored(id)).toMatchObject({ wakeAt: inAnHour });
});

test('a look changes nothing, and locks nothing, where nobody holds an endpoint for too long', async () => {
  const { id } = await at.hooks.create({ url: at.receiver.urlOf('/waiting') });
  await at.hooks.set(id, { wakeAt: new Date(Date.now() + 3_600_000), failures: 1 });
  const reads = ['select webhook_endpoints', 'select webhook_endpoints'];
  expect(await statementsOf(() => findDue(em()))).toEqual(reads);
  await claim(em(), id);
  expect(await statementsOf(() => findDue(em()))).toEqual(reads);
});
