import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BrowserPage, chromiumPath, openBrowser } from '../support/processes/browser.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { startProcess, until } from '../support/processes/process.ts';
import { accounts } from '../support/api/test-api.ts';

const [mostToTellMs, mostToMendMs] = [3_000, 5_000];

let platform: Platform;
let browser: BrowserPage | undefined;
beforeAll(async () => {
  platform = await startPlatform({
    ownRedis: true,
    env: {
      WATCHLIST: 'AAPL,BINANCE:BTCUSDT',
      FINNHUB_PER_MINUTE: '600',
      QUOTE_TTL_SECONDS: '1',
      CRYPTO_TTL_SECONDS: '1',
    },
  });
  if (chromiumPath === undefined) return;
  browser = await openBrowser(chromiumPath);
  await browser.page.goto(platform.url);
  await browser.page.getByLabel('E-mail').fill(accounts.demo.email);
  await browser.page.getByRole('button', { name: 'Log in' }).click();
  await browser.page.getByText('No orders yet').waitFor();
  // What the first order takes is not what a fault takes to be seen.
  await place();
  await browser.page.locator('.order[data-status=paid]').waitFor();
});
afterAll(async () => {
  await browser?.close();
  await platform.stop();
});

type Fault = Readonly<{ begin(): Promise<unknown>; end(): Promise<unknown>; says: string; source: string }>;

const frozen = (which: () => Readonly<{ signal(name: 'SIGSTOP' | 'SIGCONT'): Promise<void> }> | undefined) => ({
  begin: async () => which()?.signal('SIGSTOP'),
  end: async () => which()?.signal('SIGCONT'),
});
const upstream = (target: 'finnhub' | 'stripe', kind: string) => ({
  begin: () => platform.sandbox.fault({ target, kind, seconds: 600 }),
  end: () => platform.sandbox.clearFaults(),
});
const faults: Readonly<Record<string, Fault>> = {
  'Redis frozen': {
    ...frozen(() => platform.redisServer?.process()),
    says: 'Redis does not answer',
    source: 'redis',
  },
  'Redis killed': {
    begin: async () => platform.redisServer?.process().signal('SIGKILL'),
    end: async () => platform.redisServer?.restart(),
    says: 'Redis does not answer',
    source: 'redis',
  },
  'the API frozen': { ...frozen(() => platform.apis[0]), says: 'Reconnecting', source: 'gateway' },
  'the API killed': {
    begin: async () => platform.apis[0]?.signal('SIGKILL'),
    end: restartApi,
    says: 'Reconnecting',
    source: 'queue',
  },
  'the gateway answers 500': {
    ...upstream('stripe', '5xx'),
    // Who asks it nothing does not find out: the fault begins with the first call that fails.
    begin: async () => {
      await upstream('stripe', '5xx').begin();
      await place();
      await until('a call that fails', async () =>
        (await platform.sandbox.arrivals('stripe')).some(({ status }) => status === 500) ? true : undefined,
      );
    },
    says: 'The payment gateway does not answer',
    source: 'gateway',
  },
  'the provider answers 500': {
    ...upstream('finnhub', '5xx'),
    says: 'The provider of prices does not answer',
    source: 'prices',
  },
  'the workers killed': {
    begin: () => Promise.all(platform.workers.splice(0).map((worker) => worker.signal('SIGKILL'))),
    end: () => platform.startWorker(),
    says: 'Nobody charges orders',
    source: 'queue',
  },
};

for (const [name, { begin, end, says, source }] of Object.entries(faults))
  test(`${name}: the page says so within 3 s, and is right again within 5 s of the end`, async () => {
    if (!browser) return void process.stdout.write(`faults, ${name}: not run, there is no Chromium\n`);
    const { page } = browser;
    const head = page.locator('.live');
    const isLive = () => head.getByText('Live', { exact: true }).waitFor();
    await isLive();
    await begin();
    const toTell = await took(async () => {
      await Promise.all([
        head.getByText(says).waitFor(),
        page.locator(`[data-source=${source}][data-fine=false]`).waitFor(),
      ]);
    });
    await end();
    const toMend = await took(async () => {
      await isLive();
      await page.locator(`[data-source=${source}][data-fine=true]`).waitFor();
    });
    process.stdout.write(`${name}: said after ${toTell} ms, right again after ${toMend} ms\n`);
    expect(toTell).toBeLessThanOrEqual(mostToTellMs);
    expect(toMend).toBeLessThanOrEqual(mostToMendMs);
  });

async function place(): Promise<void> {
  expect((await platform.send('POST', '/orders', { products: [1] })).status).toBe(201);
}

async function restartApi(): Promise<void> {
  const [port, health] = [new URL(platform.url).port, new URL(platform.healths[0] ?? '').port];
  platform.apis.splice(0, 1, startProcess('src/api/main.ts', [], { ...platform.env, PORT: port, HEALTH_PORT: health }));
  await until('the API is ready again', async () =>
    (await fetch(`${platform.url}/readyz`).catch(() => undefined))?.ok ? true : undefined,
  );
}

async function took(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return Math.round(performance.now() - began);
}
