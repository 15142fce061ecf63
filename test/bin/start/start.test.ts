import { copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { freePort, untilTrue } from '../../support/processes/process.ts';
import { type Checkout, makeCheckout } from '../../support/processes/checkout.ts';
import { argumentsOf, groupOf, listen, Platform, processesOf } from '../../support/processes/platform-process.ts';

const Bars = z.object({ data: z.array(z.unknown()) });

describe('npm start', () => {
  let checkout: Checkout;
  let platform: Platform;
  let port: number;

  beforeAll(async () => {
    checkout = makeCheckout();
    // The example must work as it is, as the README promises.
    copyFileSync(join(checkout.folder, '.env.example'), join(checkout.folder, '.env'));
    port = await freePort();
    platform = new Platform(checkout, port, { WATCHLIST: 'AAPL' });
    await platform.ready();
  });

  afterAll(() => {
    platform.signalGroup('SIGKILL');
    checkout[Symbol.dispose]();
  });

  it('writes run.json for its owner alone, with every part and where it is', async () => {
    const run = platform.run();
    expect(run.api).toBe(`http://127.0.0.1:${port}`);
    expect(run.processes.map(({ role }) => role).toSorted()).toEqual(['api', 'mysql', 'redis', 'sandbox', 'worker']);
    expect(statSync(join(checkout.dataDirectory, 'run.json')).mode & 0o777).toBe(0o600);
    for (const { role, health } of run.processes) {
      if (role === 'api' || role === 'worker') expect((await fetch(`${health}/readyz`)).status).toBe(200);
      else expect(health).toBeUndefined();
    }
  });

  it('tells the live page where the switches of the sandbox are, and where it plays the bank of the gateway', async () => {
    const { api, sandbox } = platform.run();
    const page = await (await fetch(api)).text();
    for (const name of ['sandbox', 'bank'])
      expect(page).toContain(`<meta name="orderflow-${name}" content="${sandbox.control}"`);
  });

  it('has days of prices for its charts from the first start', async () => {
    const { api } = platform.run();
    const from = new Date(Date.now() - 5 * 86_400_000).toISOString();
    const answer = await fetch(`${api}/market/bars?symbol=AAPL&interval=1h&from=${from}`);
    expect(Bars.parse(await answer.json()).data.length).toBeGreaterThanOrEqual(5 * 24);
  });

  it('says where everything is, who may log in, and what to try', () => {
    expect(platform.output).toContain('demo@example.com / orderflow-demo');
    expect(platform.output).toMatch(/Finnhub +sandbox/);
    expect(platform.output.match(/\bcurl -s/g)).toHaveLength(3);
  });

  it('refuses to start beside itself in the same data directory', async () => {
    const second = new Platform(checkout, await freePort());
    expect(await second.exited).toBe(1);
    expect(second.output).toContain(`Orderflow already runs in ${checkout.dataDirectory}`);
  });

  it('says so when its port belongs to another program', async () => {
    const stranger = await listen();
    const second = new Platform(checkout, stranger.port, { DATA_DIR: 'elsewhere' });
    expect(await second.exited).toBe(1);
    expect(second.output).toContain(`Port ${stranger.port} on 127.0.0.1 is taken by another program.`);
    stranger.server.close();
  });

  it('starts a part that dies again, on its old ports, and says so', async () => {
    const before = platform.run();
    const pid = platform.pidOf('worker');
    process.kill(pid, 'SIGKILL');
    await untilTrue(() => ![0, pid].includes(platform.pidOf('worker')));
    await untilTrue(() => platform.output.includes('worker ended (SIGKILL); starting it again now.'));
    const health = before.processes.find(({ role }) => role === 'worker')?.health;
    expect(platform.run().processes.find(({ role }) => role === 'worker')?.health).toBe(health);
    await untilTrue(() => isReady(`${health}/readyz`));
  });

  it('lasts through the death of MySQL and Redis', async () => {
    const { mysql, redis } = platform.run();
    const pids = ['mysql', 'redis'].map((role) => platform.pidOf(role));
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    const isNew = (role: string) => ![0, ...pids].includes(platform.pidOf(role));
    await untilTrue(() => isNew('mysql') && isNew('redis'));
    await untilTrue(() => isReady(`${platform.run().api}/readyz`));
    expect(platform.run()).toMatchObject({ mysql, redis });
  });

  it('starts nothing with a secret among its arguments, which everybody on the machine can read', () => {
    const { mysql } = platform.run();
    const secrets = [mysql.password, 'whsec_sandbox', 'sk_test_sandbox', 'orderflow-admin', 'orderflow-demo'];
    const lines = processesOf(checkout).map(argumentsOf);
    expect(lines.length).toBeGreaterThan(4);
    for (const line of lines) for (const secret of secrets) expect(line).not.toContain(secret);
  });

  it('keeps its parts out of reach of the terminal, so that a Ctrl-C ends them in order', () => {
    for (const { pid } of platform.run().processes) expect(groupOf(pid)).toBe(pid);
  });

  it('falls back to nothing in production, and names what is missing', async () => {
    const env = { NODE_ENV: 'production', DATA_DIR: 'production', PAYMENT_GATEWAY: 'instant' };
    const second = new Platform(checkout, await freePort(), env);
    expect(await second.exited).toBe(1);
    expect(second.output).toMatch(/MYSQL_HOST is not set/);
    expect(second.output).toMatch(/REDIS_HOST is not set/);
    expect(second.output).toMatch(/PUBLIC_URL is not set/);
    expect(second.output).not.toMatch(/private|Sandbox/);
  });

  it('ends with 0 on Ctrl-C pressed twice, leaves no process and no run.json', async () => {
    platform.signalGroup('SIGINT');
    platform.signalGroup('SIGINT');
    expect(await platform.exited).toBe(0);
    expect(processesOf(checkout)).toEqual([]);
    expect(() => statSync(join(checkout.dataDirectory, 'run.json'))).toThrow('ENOENT');
  });
});

async function isReady(url: string): Promise<boolean> {
  return fetch(url).then(
    (response) => response.ok,
    () => false,
  );
}
