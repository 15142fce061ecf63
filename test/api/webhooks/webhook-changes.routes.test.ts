import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { webhooksOf } from '../../support/api/webhooks.ts';
import { type Receiver, startReceiver, verified } from '../../support/upstreams/webhook-receiver.ts';

let api: TestApi;
let receiver: Receiver;
let hooks: ReturnType<typeof webhooksOf>;
beforeAll(async () => {
  [api, receiver] = await Promise.all([openTestApi(), startReceiver()]);
  hooks = webhooksOf(api);
});
afterAll(async () => {
  await receiver.close();
  await api.close();
});

const Secret = z.object({ secret: z.string() });

test('a secret that is changed again within a day takes none from receivers, but that three are the most', async () => {
  const made = await hooks.create({ url: receiver.urlOf('/hasty') });
  const secrets = [made.secret];
  const rotate = async () => {
    const { secret } = Secret.parse(
      await (await api.send('PATCH', `/webhooks/${made.id}`, { as: 'demo', body: { rotate_secret: true } })).json(),
    );
    secrets.unshift(secret);
  };
  const signed = async (subject: string) => {
    await hooks.publish(subject);
    await hooks.deliver(made.id);
    const last = receiver.arrivals('/hasty').at(-1);
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
  await hooks.set(made.id, { previousUntil: new Date(0) });
  await rotate();
  expect(await signed('c')).toEqual([true, true, false, false, false]);
});
