import { Queue } from 'bullmq';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openCollector, type Span } from '../support/upstreams/collector.ts';
import { openEventClient } from '../support/api/event-client.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';

let collector: Awaited<ReturnType<typeof openCollector>>;
let platform: Platform;
beforeAll(async () => {
  collector = await openCollector();
  platform = await startPlatform({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, WATCHLIST: '', LOG_LEVEL: 'debug' },
  });
});
afterAll(async () => {
  await platform.stop();
  collector.close();
});

const Placed = z.object({ id: z.string() });
const Line = z.looseObject({ msg: z.string().optional(), trace_id: z.string().optional() });
const placeOrder = async () =>
  Placed.parse(await (await platform.send('POST', '/orders', { products: [1] })).json()).id;
const linesOf = (output: string, field: string, value: string) =>
  output
    .split('\n')
    .filter((line) => line.includes(`"${field}":"${value}"`))
    .map((line) => Line.parse(JSON.parse(line)));
const spansNamed = (name: string) => collector.spans.filter((span) => span.name === name);
/** The steps before a step, the earliest first. */
function wayTo(span: Span): string[] {
  const before = collector.spans.find(({ id }) => id === span.parent);
  return [...(before ? wayTo(before) : []), `${span.service} ${span.name}`];
}

test('one order is one trace: the request, its job in the worker, and each event that a follower gets', async () => {
  const client = openEventClient(`${platform.url}/streams/orders`, {
    authorization: `Bearer ${await tokenOf('demo')}`,
  });
  await client.connect();
  const id = await placeOrder();
  await client.have(2);
  await client.disconnect();
  const last = await until('the last step', () =>
    spansNamed('deliver order.paid').find(({ attributes }) => attributes['orderflow.subject'] === id),
  );
  const way = [
    'orderflow-api POST /orders',
    'orderflow-worker process payments',
    'orderflow-worker charge-order',
    'orderflow-api deliver order.paid',
  ];
  // Each process sends its steps once a second.
  await until(
    () => `the way ${way.join(' > ')}; known is ${wayTo(last).join(' > ')}`,
    () => (wayTo(last).join() === way.join() ? true : undefined),
  );
  const steps = () => collector.spans.filter(({ trace }) => trace === last.trace).map(({ name }) => name);
  const each = ['deliver order.created', 'deliver order.paid', 'charge-order', 'stripe charge'];
  await until(
    () => `each of ${each.join()}; known is ${steps().join()}`,
    () => (each.every((name) => steps().includes(name)) ? true : undefined),
  );
  // Followers get the event as it is promised, without what belongs to the platform.
  expect(client.text()).not.toContain('"trace"');
});

test('every line of the log and every problem names its request, its job and its trace', async () => {
  const caller = '4bf92f3577b34da6a3ce929d0e0e4736';
  const answer = await fetch(`${platform.url}/orders/no-such-order`, {
    headers: { traceparent: `00-${caller}-00f067aa0ba902b7-01`, authorization: `Bearer ${await tokenOf('demo')}` },
  });
  const problem = z.object({ request_id: z.string(), trace_id: z.string() }).parse(await answer.json());
  expect(problem.trace_id).toBe(caller);
  const [line] = await until('the line of the request', () => {
    const found = linesOf(platform.apis[0]?.output() ?? '', 'request_id', problem.request_id);
    return found.length > 0 ? found : undefined;
  });
  expect(line?.trace_id).toBe(caller);

  const job = '0198c2f0-0000-7000-8000-000000000001';
  await addStranger(job);
  const lines = await until('the line of the job', () => {
    const found = linesOf(platform.workers[0]?.output() ?? '', 'job', job);
    return found.length > 0 ? found : undefined;
  });
  expect(lines[0]?.trace_id).toMatch(/^[0-9a-f]{32}$/);
});

test('an idle platform traces nothing but what it does: no step of the queues’ own upkeep begins a trace', () => {
  const roots = collector.spans.filter(({ parent }) => parent === undefined).map(({ name }) => name);
  expect(roots.filter((name) => !/^(GET|POST|process) ?/.test(name))).toEqual([]);
});

async function tokenOf(account: 'demo'): Promise<string> {
  const answer = await fetch(`${platform.url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: `${account}@example.com`, password: 'orderflow-demo' }),
  });
  return z.object({ access_token: z.string() }).parse(await answer.json()).access_token;
}

/** A job of a kind that nobody knows gives up, and says so. */
async function addStranger(jobId: string): Promise<void> {
  const { host, port, db } = platform.redis.options;
  const queue = new Queue('payments', { connection: { host: String(host), port: Number(port), db: Number(db) } });
  await queue.add('no-such-kind', {}, { jobId });
  await queue.close();
}
