import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWatchedPlatform, type WatchedPlatform } from '../support/console/watched-platform.ts';
import type { Platform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';

const [mostToTellMs, mostToMendMs] = [3_000, 5_000];

let watched: WatchedPlatform;
let platform: Platform;
beforeAll(async () => {
  watched = await openWatchedPlatform();
  ({ platform } = watched);
  if (!watched.browser) return;
  // What the first order takes is not what a fault takes to be seen.
  await watched.place();
  await watched.browser.page.locator('.order[data-status=paid]').waitFor();
});
afterAll(() => watched.close());

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
    end: () => watched.restartApi(),
    says: 'Reconnecting',
    source: 'queue',
  },
  'the gateway answers 500': {
    ...upstream('stripe', '5xx'),
    // Who asks it nothing does not find out: the fault begins with the first call that fails.
    begin: async () => {
      await upstream('stripe', '5xx').begin();
      await watched.place();
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
    const { browser } = watched;
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

async function took(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return Math.round(performance.now() - began);
}
