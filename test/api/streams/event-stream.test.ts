import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import type { RouteEnv } from '../../../src/api/callers/route-env.ts';
import { answerEvents } from '../../../src/api/streams/event-stream.ts';
import { Subscription } from '../../../src/streams/subscription.ts';
import { expectCollected } from '../../support/processes/collect-garbage.ts';

test('who follows ticks of which none comes keeps none of the events that come meanwhile', async () => {
  const readPage = async (position: string) => ({ entries: [], position, end: position, isLast: true, gap: undefined });
  const subscription = new Subscription({}, { readPage, onEnd: () => {} });
  subscription.hearReady('0-0');
  const ticks = { arrival: () => new Promise<'ticks'>(() => {}), take: () => [] };
  const app = new Hono<RouteEnv>().get('/', (c) =>
    answerEvents(
      c,
      () => subscription,
      async () => ({ ticks, close: () => {} }),
    ),
  );
  const reader = (await app.request('/')).body?.getReader();
  await reader?.read();
  const entries: WeakRef<object>[] = [];
  for (let count = 1; count <= 1_000; count += 1) {
    const about = { type: 'quote.updated', subject: 'AAPL', version: count, timeMs: count, data: {}, json: '{}' };
    const entry = { id: `${count}-0`, eventId: randomUUID(), ...about, trace: undefined };
    entries.push(new WeakRef(entry));
    subscription.hear([entry], entry.id);
    expect((await reader?.read())?.done).toBe(false);
  }
  await expectCollected('entries', entries);
  await reader?.cancel();
});
