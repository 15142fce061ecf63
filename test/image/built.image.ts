import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type MysqlServer, startMysql } from '../support/stores/mysql-server.ts';
import { type RedisServer, startRedis } from '../support/processes/platform.ts';
import { freePorts, until } from '../support/processes/process.ts';
import { type Container, findEngine, type ImageEngine } from '../support/image/engine.ts';
import { type Sandbox, startSandbox } from '../support/upstreams/sandbox-process.ts';

/** What is found to build with; a reason is printed, and counts as no failure. */
let engine: ImageEngine | undefined;
let mysql: MysqlServer;
let redis: RedisServer;
let sandbox: Sandbox;
let env: Record<string, string>;
const opened: Container[] = [];
const [port, health, workerHealth] = await freePorts(3);
const administrator = { email: 'owner@shop.example', password: 'image-under-test-9' };

beforeAll(async () => {
  engine = await findEngine().catch((error: unknown) => {
    process.stdout.write(`image: not run; ${error instanceof Error ? error.message : String(error)}\n`);
    return undefined;
  });
  if (!engine) return;
  [mysql, redis, sandbox] = await Promise.all([startMysql('orderflow'), startRedis(), startSandbox()]);
  env = {
    ...mysql.env,
    ...redis.env,
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    STRIPE_SECRET_KEY: 'sk_test_image',
    STRIPE_WEBHOOK_SECRET: 'whsec_image',
    STRIPE_API_BASE: sandbox.urls.stripe,
    PAYMENT_DEFAULT_METHOD: 'pm_card_visa',
    ADMIN_EMAIL: administrator.email,
    ADMIN_PASSWORD: administrator.password,
  };
  await engine.build(fileURLToPath(new URL('../..', import.meta.url)));
});
afterAll(async () => {
  for (const container of opened) await container.remove();
  if (!engine) return;
  await Promise.all([mysql.stop(), redis.stop(), sandbox.stop(), engine.close()]);
});

async function start(found: ImageEngine, command: readonly string[], own: Readonly<Record<string, string>> = {}) {
  const container = await found.start(command, { ...env, ...own });
  opened.push(container);
  return container;
}

async function send(path: string, body: unknown, token?: string): Promise<unknown> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(`${env['PUBLIC_URL']}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(answer.status, path).toBeLessThan(300);
  return answer.json();
}

async function ready(healthPort: number | undefined, container: Container): Promise<void> {
  let output = '';
  await until(
    () => `ready; it said ${output}`,
    async () => {
      output = await container.output();
      return (await fetch(`http://127.0.0.1:${healthPort}/readyz`).catch(() => undefined))?.ok || undefined;
    },
  );
}

test('the image migrates, serves, charges an order, ends with 0 after a SIGTERM, and writes no file', async () => {
  if (!engine) return;
  const schema = await start(engine, ['node', 'src/commands/migrate.ts']);
  expect(await schema.ended(), await schema.output()).toBe(0);

  const api = await start(engine, ['node', 'src/api/main.ts'], { HEALTH_PORT: String(health) });
  const worker = await start(engine, ['node', 'src/workers/main.ts'], { HEALTH_PORT: String(workerHealth) });
  await ready(health, api);
  await ready(workerHealth, worker);
  const { access_token: token } = z
    .object({ access_token: z.string() })
    .parse(await send('/auth/login', administrator));
  const product = z.object({ id: z.number() }).parse(await send('/products', { title: 'Mug', price: 12.5 }, token));
  const order = z.object({ id: z.string() }).parse(await send('/orders', { products: [product.id] }, token));
  await until('the order is paid', async () => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${env['PUBLIC_URL']}/orders/${order.id}`, { headers });
    return z.object({ status: z.string() }).parse(await answer.json()).status === 'paid' || undefined;
  });
  expect((await fetch(`${env['PUBLIC_URL']}/`)).status).toBe(200);

  expect([await api.terminate(), await worker.terminate()]).toEqual([0, 0]);
  const written = await Promise.all(opened.map((container) => container.written()));
  expect(written.flat()).toEqual([]);
  process.stdout.write(`image: built and run by ${engine.name}: an order paid, two ends with 0, no file written\n`);
});

test('it says what is in it, and runs as nobody in particular', async () => {
  if (!engine) return;
  const script = `const { components } = JSON.parse(require('fs').readFileSync('sbom.cdx.json'));
    console.log(process.getuid(), components.some(({ name }) => name === 'bullmq'),
      components.some(({ name }) => name === 'vitest'), require('fs').existsSync('test'));`;
  const looking = await start(engine, ['node', '-e', script]);
  expect(await looking.ended(), await looking.output()).toBe(0);
  expect(await looking.output()).toMatch(/^1000 true false false$/m);
});
