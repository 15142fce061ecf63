import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EventLog } from '../../../src/entities/outbox.entity.ts';
import { replayWebhook } from '../../../src/jobs/webhooks/replay-webhook.job.ts';
import { pointersOf } from '../../support/api/problem-of.ts';
import { openWebhookApi, type WebhookApi } from '../../support/api/webhooks.ts';
import { sendAll } from '../../support/stores/send-all.ts';

let at: WebhookApi;
beforeAll(async () => {
  at = await openWebhookApi();
});
afterAll(() => at.close());

describe('sending a time once more', () => {
  let id = '';
  beforeEach(async () => {
    ({ id } = await at.newWebhook());
  });
  const ask = (body: unknown) => at.api.send('POST', `/webhooks/${id}/replay`, { as: 'demo', body });
  /** The positions of what would be sent again. */
  const asked = async (body: unknown) => {
    const { id: job } = z.object({ id: z.string() }).parse(await (await ask(body)).json());
    await sendAll(at.api.ctx);
    const queued = await at.api.ctx.jobs.queues.get('webhooks')?.getJob(job);
    const { after, until } = replayWebhook.payload.parse(queued?.data);
    return (await log()).filter(({ position }) => Number(position) > after && Number(position) <= until);
  };
  const em = () => at.api.ctx.orm.em.fork();
  const log = () => em().find(EventLog, { position: { $ne: null } }, { orderBy: { position: 'asc' } });
  /** Publishes as many events as there are moments at which they are to have come. */
  const publishAt = async (...moments: readonly string[]) => {
    const { position: before = 0 } = (await log()).at(-1) ?? {};
    await at.hooks.publish(...moments.map(() => 'a'));
    const added = (await log()).filter(({ position }) => Number(position) > Number(before));
    for (const [index, { id: event }] of added.entries())
      await em().nativeUpdate(EventLog, { id: event }, { entryMs: Date.parse(moments[index] ?? '') });
    return added.map((one) => one.id);
  };

  it('is refused when it ends before it begins', async () => {
    expect(await pointersOf(await ask({ from: '2026-11-23', to: '2026-11-22' }))).toEqual(['/to']);
    expect((await ask({ from: '2026-11-22T10:00:00Z', to: '2026-11-22' })).status).toBe(202);
  });

  it('has all of a day, and nothing of the next one', async () => {
    const [, first, last] = await publishAt(
      '2030-01-01T23:59:59.999Z',
      '2030-01-02T00:00:00.000Z',
      '2030-01-02T23:59:59.999Z',
      '2030-01-03T00:00:00.000Z',
    );
    expect((await asked({ from: '2030-01-02', to: '2030-01-02' })).map((one) => one.id)).toEqual([first, last]);
  });

  it('has what has happened since where it names no end, also after a clock was ahead', async () => {
    const ids = await publishAt('2031-01-01T00:00:00Z', '2031-01-01T00:00:00Z');
    expect((await asked({ from: '2030-06-01' })).map((one) => one.id)).toEqual(ids);
    expect(await asked({ from: '2031-06-01' })).toEqual([]);
  });
});
