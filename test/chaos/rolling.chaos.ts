import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Order } from '../../src/entities/orders.entity.ts';
import { type Balancer, openBalancer } from '../support/load/balancer.ts';
import { logIn, type Platform, startPlatform, untilReady } from '../support/processes/platform.ts';
import { freePorts, startProcess, type TestProcess, until } from '../support/processes/process.ts';
import { reportFault } from '../support/proof/report-fault.ts';

const times = 20;
const perSecond = 200;

type Place = Readonly<{ script: string; port: number; health: number }>;
let platform: Platform;
let balancer: Balancer;
const places: Place[] = [];
const running: TestProcess[] = [];
beforeAll(async () => {
  platform = await startPlatform({ apis: 0, workers: 0, ownRedis: true });
  const scripts = ['src/api/main.ts', 'src/api/main.ts', 'src/workers/main.ts', 'src/workers/main.ts'];
  const ports = await freePorts(2 * scripts.length);
  for (const [index, script] of scripts.entries()) {
    places.push({ script, port: ports[2 * index] ?? 0, health: ports[2 * index + 1] ?? 0 });
    running.push(await start(index));
  }
  balancer = await openBalancer(places.slice(0, 2).map(({ port }) => `http://127.0.0.1:${port}`));
});
afterAll(async () => {
  await Promise.all(running.map((some) => some.signal('SIGKILL')));
  await balancer.close();
  await platform.stop();
});

async function start(index: number): Promise<TestProcess> {
  const { script, port, health } = places[index] ?? { script: '', port: 0, health: 0 };
  // Limits on callers are no part of this.
  const env = { RATE_LIMIT_BURST: '0', RATE_LIMIT_PER_MINUTE: '0', RATE_LIMIT_ANONYMOUS_PER_MINUTE: '0' };
  const some = startProcess(script, [], { ...platform.env, ...env, PORT: String(port), HEALTH_PORT: String(health) });
  await untilReady(`http://127.0.0.1:${health}/readyz`, some);
  return some;
}

/** Ends a process as it is told to, and starts another in its place. */
async function replace(index: number): Promise<void> {
  const some = running[index];
  if (!some) throw new Error(`there is no process ${index}`);
  process.kill(some.pid, 'SIGTERM');
  expect(await some.ended, some.output()).toBe(0);
  running[index] = await start(index);
}

it(`every process is replaced ${times} times at ${perSecond} requests a second: none fails, and every order is paid`, async () => {
  const headers = {
    authorization: `Bearer ${await logIn(balancer.url, 'demo')}`,
    'content-type': 'application/json',
  };
  const failures: string[] = [];
  const asked: Promise<unknown>[] = [];
  const ids: string[] = [];
  let isOpen = true;
  // One in ten is an order; all come at even distances, whatever the answers do.
  const ask = async (isOrder: boolean) => {
    const order = { method: 'POST', headers, body: JSON.stringify({ products: [1] }) };
    const answer = await fetch(`${balancer.url}/${isOrder ? 'orders' : 'products/1'}`, isOrder ? order : { headers });
    const said = await answer.text();
    if (answer.status !== (isOrder ? 201 : 200)) return void failures.push(`${answer.status} ${said.slice(0, 200)}`);
    const body: unknown = JSON.parse(said);
    if (isOrder && typeof body === 'object' && body !== null && 'id' in body) ids.push(String(body.id));
  };
  const load = async () => {
    const beganMs = performance.now();
    for (let count = 0; isOpen; count += 1) {
      asked.push(ask(count % 10 === 0).catch((error: unknown) => failures.push(String(error))));
      await sleep(Math.max(0, beganMs + ((count + 1) * 1_000) / perSecond - performance.now()));
    }
  };
  const loading = load();
  for (let round = 0; round < times; round += 1)
    // Of each role one is left.
    for (const first of [0, 1]) {
      await Promise.all([replace(first), replace(first + 2)]);
      await balancer.allUp();
    }
  isOpen = false;
  await loading;
  await Promise.all(asked);
  process.stdout.write(
    `${asked.length} requests over ${4 * times} restarts: ${failures.length} failed, ${ids.length} orders\n`,
  );
  // Ten tell as much as thousands.
  expect(failures.slice(0, 10)).toEqual([]);
  await until('every order is paid', async () => {
    const paid = await platform.orm.em.fork().count(Order, { id: { $in: ids }, status: 'paid' });
    return paid === ids.length || undefined;
  });
  const charged = (await platform.sandbox.ledger()).map(({ order_id }) => order_id);
  const title = `every process is replaced, at ${perSecond} requests a second: ${failures.length} of ${asked.length} failed`;
  const counts = { orders: ids.length, doubled: charged.length - new Set(charged).size };
  reportFault({
    fault: 'F26',
    title,
    times: 4 * times,
    ...counts,
    seed: 'no chance',
    how: 'test/chaos/rolling.chaos.ts',
  });
  expect(charged).toHaveLength(ids.length);
  expect(new Set(charged).size).toBe(ids.length);
});
