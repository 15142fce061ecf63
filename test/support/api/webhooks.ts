import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { WebhookDelivery, WebhookEndpoint } from '../../../src/entities/webhooks.entity.ts';
import { deliverWebhooks } from '../../../src/jobs/webhooks/deliver-webhooks.job.ts';
import { orderPaid } from '../../../src/streams/orders.stream.ts';
import type { Endpoint } from '../../../src/webhooks/endpoint.ts';
import { lookForWork, routeEvents } from '../../../src/webhooks/route-events.ts';
import { performJob } from './perform-job.ts';
import { startReceiver } from '../upstreams/webhook-receiver.ts';
import { openTestApi, type TestApi } from './test-api.ts';

const Created = z.looseObject({ id: z.string(), secret: z.string() });
const Listed = z.object({
  data: z.array(
    z.looseObject({
      event_id: z.string(),
      subject: z.string(),
      state: z.string(),
      attempts: z.int(),
      response_status: z.int().nullable(),
      error: z.string().nullable(),
      next_try_at: z.string().nullable(),
    }),
  ),
  next_cursor: z.string().nullable(),
});

/** Webhooks of an API without workers: what a worker would do is done when a test asks for it. */
export function webhooksOf(api: TestApi) {
  const { ctx } = api;
  return {
    async create(body: object, as: 'demo' | 'admin' = 'demo') {
      const answer = await api.send('POST', '/webhooks', { as, body });
      return Created.parse(await answer.json());
    },
    /** Commits that orders of the demo customer were paid, in this order, and has it gone through. */
    async publish(...subjects: readonly string[]) {
      await ctx.transaction(async (_tx, after) => {
        for (const subject of subjects) {
          const about = { order_id: randomUUID(), user_id: 1, total_amount: 100, currency: 'USD' };
          after.publish(orderPaid, subject, { ...about, status: 'paid', payment_id: randomUUID() });
        }
      });
      await ctx.events.relay.idle();
      await routeEvents(ctx, await lookForWork(ctx.orm.em.fork()));
    },
    deliver: async (id: string) => (await performJob(deliverWebhooks, { webhook_id: id }, ctx)).delivered,
    async stored(id: string): Promise<Endpoint> {
      return ctx.orm.em.fork().findOneOrFail(WebhookEndpoint, id);
    },
    /** Sets what time or other processes would. */
    set: (id: string, fields: Partial<Endpoint>) => ctx.orm.em.fork().nativeUpdate(WebhookEndpoint, { id }, fields),
    /** Lets the time of every wait be over. */
    async passWaits(id: string) {
      const em = ctx.orm.em.fork();
      await em.nativeUpdate(WebhookEndpoint, { id }, { retryAt: null });
      await em.nativeUpdate(WebhookDelivery, { endpoint: id, state: 'retrying' }, { dueAt: null });
    },
    async deliveries(id: string, query = '', as: 'demo' | 'admin' = 'admin') {
      return Listed.parse(await (await api.send('GET', `/webhooks/${id}/deliveries${query}`, { as })).json());
    },
  };
}

/** An API without workers, its webhooks, and somebody who receives them. */
export type WebhookApi = Awaited<ReturnType<typeof openWebhookApi>>;

/** Opens them for a file of tests, which closes them. */
export async function openWebhookApi() {
  const [api, receiver] = await Promise.all([openTestApi(), startReceiver()]);
  const hooks = webhooksOf(api);
  let count = 0;
  return {
    api,
    receiver,
    hooks,
    /** A webhook with an address of its own. */
    async newWebhook() {
      const path = `/hook-${(count += 1)}`;
      return { path, ...(await hooks.create({ url: receiver.urlOf(path) })) };
    },
    async close() {
      await receiver.close();
      await api.close();
    },
  };
}
