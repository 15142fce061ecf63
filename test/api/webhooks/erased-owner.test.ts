import { afterAll, beforeAll, expect, test } from 'vitest';
import { addEndpoint, newEndpoint } from '../../../src/api/webhooks/webhooks.routes.ts';
import { WebhookRequest } from '../../../src/api/webhooks/webhook-request.ts';
import { User } from '../../../src/entities/accounts.entity.ts';
import { WebhookEndpoint } from '../../../src/entities/webhooks.entity.ts';
import { makePerson } from '../../support/api/personas.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

test('no webhook is stored for an account that has been deleted since its request was let in', async () => {
  const { id } = await makePerson(api);
  const add = () => {
    const row = newEndpoint(id, WebhookRequest.parse({ url: 'https://shop.example.com/events' }), new Date());
    return api.ctx.transaction((tx) => addEndpoint(tx, row, 'user'));
  };
  await add();
  await api.ctx.orm.em.fork().nativeUpdate(User, { id }, { deletedAt: new Date() });
  await expect(add()).rejects.toMatchObject({ code: 'unauthenticated' });
  expect(await api.ctx.orm.em.fork().count(WebhookEndpoint, { userId: id })).toBe(1);
});
