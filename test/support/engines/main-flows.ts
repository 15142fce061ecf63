import { expect } from 'vitest';
import { z } from 'zod';
import { openEventClient } from '../api/event-client.ts';
import { placeOrder, statusOf } from '../load/place-order.ts';
import { logIn, type Platform } from '../processes/platform.ts';
import { until } from '../processes/process.ts';
import type { Node } from './server-node.ts';

const Quote = z.object({ symbol: z.literal('AAPL'), c: z.number().positive() });
const Quotes = z.object({ data: z.array(z.object({ symbol: z.string() })) });
const Board = z.object({ queues: z.array(z.object({ name: z.string(), counts: z.record(z.string(), z.number()) })) });
const Queues = z.object({ data: z.array(z.object({ name: z.string(), status: z.string(), workers: z.number() })) });
const JobFound = z.object({ data: z.array(z.object({ id: z.string(), kind: z.string(), state: z.string() })) });
const Event = z.object({ type: z.string(), subject: z.string() });

/** Sees an order paid, charged once and announced; it must be so whatever MySQL and Redis are. */
export async function seeOrderPaid(platform: Platform): Promise<string> {
  const token = await logIn(platform.url, 'demo');
  const client = openEventClient(`${platform.url}/streams/orders`, { authorization: `Bearer ${token}` });
  expect((await client.connect()).status).toBe(200);
  const id = await placeOrder(platform);
  const events = await until('the order is announced as created and paid', () => {
    const ours = client.frames
      .filter(({ event }) => event.startsWith('order.'))
      .map(({ data }) => Event.parse(JSON.parse(data)));
    const types = ours.filter(({ subject }) => subject === id).map(({ type }) => type);
    return types.includes('order.paid') ? types : undefined;
  });
  await client.disconnect();
  expect(events).toEqual(['order.created', 'order.paid']);
  const charges = (await platform.sandbox.ledger()).filter(({ order_id }) => order_id === id);
  expect(charges).toHaveLength(1);
  return id;
}

/** Sees prices fetched, and read together from their copies. */
async function seeQuotes(platform: Platform): Promise<void> {
  const one = async (symbol: string) => {
    const answer = await fetch(`${platform.url}/market/quote?symbol=${symbol}`, { headers: { prefer: 'wait=10' } });
    return answer.status === 200 ? answer.json() : undefined;
  };
  expect(Quote.safeParse(await until('a quote', () => one('AAPL'))).error).toBeUndefined();
  await until('another quote', () => one('MSFT'));
  const several = await fetch(`${platform.url}/market/quotes?symbols=AAPL,MSFT`);
  expect(Quotes.parse(await several.json()).data.map(({ symbol }) => symbol)).toEqual(['AAPL', 'MSFT']);
}

/** Sees what the queues have done: on Bull Board, and by the API. */
async function seeQueues(platform: Platform, orderId: string): Promise<void> {
  // After a failover a process finds its new master a moment after the other has, and workers come back one after the other.
  const queues = await until('the board answers', async () => {
    const board = await platform.send('GET', '/admin/queues/api/queues', undefined, 'admin');
    return board.status === 200 ? Board.parse(await board.json()).queues : undefined;
  });
  expect(queues.find(({ name }) => name === 'payments')?.counts['completed']).toBeGreaterThan(0);
  await until('every queue runs', async () => {
    const all = Queues.parse(await (await platform.send('GET', '/queues', undefined, 'admin')).json()).data;
    return all.every(({ status, workers }) => status === 'running' && workers > 0) || undefined;
  });
  const jobs = await platform.send('GET', `/jobs?key=${orderId}`, undefined, 'admin');
  expect(JobFound.parse(await jobs.json()).data).toMatchObject([{ kind: 'charge-order', state: 'completed' }]);
}

/** Sees the payments stopped and going on. */
async function seePaymentsStopped(platform: Platform): Promise<void> {
  expect((await platform.send('POST', '/payments/stop', {}, 'admin')).status).toBe(200);
  const id = await placeOrder(platform);
  const waiting = await until('its job waits', async () => {
    const answer = await platform.send('GET', `/jobs?key=${id}`, undefined, 'admin');
    return JobFound.parse(await answer.json()).data[0]?.state === 'waiting' || undefined;
  });
  expect(waiting).toBe(true);
  expect((await platform.send('POST', '/payments/start', {}, 'admin')).status).toBe(200);
  await until('it is paid', async () => {
    const answer = await platform.send('GET', `/orders/${id}`);
    return z.object({ status: z.string() }).parse(await answer.json()).status === 'paid' || undefined;
  });
}

/** All of them, one after the other. */
export async function seeMainFlows(platform: Platform): Promise<void> {
  const id = await seeOrderPaid(platform);
  await seeQuotes(platform);
  await seeQueues(platform, id);
  await seePaymentsStopped(platform);
}

/** Kills a server that others can stand in for, and sees that no order is refused, lost or charged twice. */
export async function seeOutlived(platform: Platform, server: Node): Promise<void> {
  await server.process().signal('SIGKILL');
  const ids: string[] = [];
  for (let count = 0; count < 5; count += 1) ids.push(await placeOrder(platform));
  for (const id of ids)
    await until(`${id} is paid`, async () => ((await statusOf(platform, id)) === 'paid' ? true : undefined));
  const charged = (await platform.sandbox.ledger()).map(({ order_id }) => order_id ?? '');
  expect(charged.filter((id) => ids.includes(id)).toSorted()).toEqual(ids.toSorted());
  await server.start();
  await seeMainFlows(platform);
}
