import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openWebhookApi, type WebhookApi } from '../../support/api/webhooks.ts';
import { verified } from '../../support/upstreams/webhook-receiver.ts';

let at: WebhookApi;
beforeAll(async () => {
  at = await openWebhookApi();
});
afterAll(() => at.close());

const Secret = z.object({ secret: z.string() });

test('a secret that is changed again within a day takes none from receivers, but that three are the most', async () => {
  const made = await at.hooks.create({ url: at.receiver.urlOf('/hasty') });
  const secrets = [made.secret];
  const rotate = async () => {
    const { secret } = Secret.parse(
      await (await at.api.send('PATCH', `/webhooks/${made.id}`, { as: 'demo', body: { rotate_secret: true } })).json(),
    );
    secrets.unshift(secret);
  };
  const signed = async (subject: string) => {
    await at.hooks.publish(subject);
    await at.hooks.deliver(made.id);
    const last = at.receiver.arrivals('/hasty').at(-1);
    if (!last) throw new Error('nothing has come');
    return secrets.map((one) => {
      try {
        return Boolean(verified(last, one));
      } catch {
        // It was signed with others alone.
        return false;
      }
    });
  };
  await rotate();
  await rotate();
  expect(await signed('a')).toEqual([true, true, true]);
  await rotate();
  expect(await signed('b')).toEqual([true, true, true, false]);
  await at.hooks.set(made.id, { previousUntil: new Date(0) });
  await rotate();
  expect(await signed('c')).toEqual([true, true, false, false, false]);
});
