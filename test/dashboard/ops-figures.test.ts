import { Queue } from 'bullmq';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { BudgetMinute, DeadLetter, QueueMinute } from '../../src/entities/ops.entity.ts';
import { OutboxMessage } from '../../src/entities/outbox.entity.ts';
import { version } from '../../src/process/version.ts';
import { restMax } from '../../src/jobs/queues.ts';
import { type BrowserPage, chromiumPath, openBrowser } from '../support/processes/browser.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';
import { accounts } from '../support/api/test-api.ts';

const names = ['payments', 'finnhub', 'catalog', 'upkeep', 'mails'] as const;
const perMinute = 4;

let platform: Platform;
let browser: BrowserPage | undefined;
let queues: ReadonlyMap<string, Queue>;
beforeAll(async () => {
  platform = await startPlatform({
    workers: 0,
    ownRedis: true,
    // Nobody polls: what happens is what the test does.
    env: { WATCHLIST: '', FINNHUB_PER_MINUTE: String(perMinute), FINNHUB_PER_SECOND: String(perMinute) },
  });
  // Nobody works `catalog` and `upkeep`.
  await platform.startWorker('payments', 'finnhub');
  const { host, port, db } = platform.redis.options;
  const connection = { host: String(host), port: Number(port), db: Number(db) };
  queues = new Map(names.map((name) => [name, new Queue(name, { connection })]));
  if (chromiumPath === undefined) return;
  browser = await openBrowser(chromiumPath);
  await browser.page.goto(platform.url);
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([...queues.values()].map((queue) => queue.close()));
  await platform.stop();
});

const queueOf = (name: string): Queue => {
  const queue = queues.get(name);
  if (!queue) throw new Error(`there is no queue ${name}`);
  return queue;
};
const sumOf = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
const firstNumber = (text: string | null) => Number(/[\d,]+/.exec(text ?? '')?.[0].replaceAll(',', '') ?? Number.NaN);

/** What the page shows of a queue, and what BullMQ itself says. */
async function shownOf({ page }: BrowserPage, name: string) {
  const card = page.locator(`[data-queue=${name}]`);
  const texts = await card.locator('dd').allTextContents();
  const [active, delayed, completed, failed] = texts.map(firstNumber);
  const workers = /(\d+) workers?$/.exec((await card.locator('.faint').textContent()) ?? '')?.[1];
  return {
    state: await card.locator('.state').getAttribute('data-status'),
    waiting: firstNumber(await card.locator('.depth').textContent()),
    active,
    delayed,
    completed,
    failed,
    workers: Number(workers),
  };
}
async function sourceOf(name: string) {
  const queue = queueOf(name);
  const { waiting = 0, prioritized = 0, ...counts } = await queue.getJobCounts();
  const workers = (await queue.getWorkersCount()) ?? 0;
  const rest = await queue.getRateLimitTtl(restMax);
  const busy = rest > 0 ? 'limited' : 'running';
  const state = workers === 0 ? 'unmanned' : (await queue.isPaused()) ? 'paused' : busy;
  const { active, delayed, completed, failed } = counts;
  return {
    state,
    waiting: waiting + prioritized + (counts['paused'] ?? 0),
    active,
    delayed,
    completed,
    failed,
    workers,
  };
}
/** `bullmq_job_count` of the API's own metrics. */
async function measured(name: string, state: string): Promise<number> {
  const text = await (await fetch(`${platform.healths[0]}/metrics`)).text();
  const sample = new RegExp(`^bullmq_job_count\\{queue="${name}", ?state="${state}"\\} (\\d+)`, 'm').exec(text);
  return Number(sample?.[1]);
}

/** Something of everything: paid orders, a pause with orders behind it, a used-up plan, a job later, one that gave up. */
async function makeTrouble(): Promise<void> {
  for (let index = 0; index < 2; index += 1)
    expect((await platform.send('POST', '/orders', { products: [1] })).status).toBe(201);
  await until('two charges', async () => ((await queueOf('payments').getCompletedCount()) >= 2 ? true : undefined));
  await queueOf('payments').add('charge-order', {}, { jobId: 'stranger' });
  await until('one gave up', async () => ((await queueOf('payments').getFailedCount()) === 1 ? true : undefined));
  await platform.send('POST', '/payments/stop', undefined, 'admin');
  for (let index = 0; index < 3; index += 1) await platform.send('POST', '/orders', { products: [2] });
  await queueOf('upkeep').add('prune-tokens', {}, { jobId: 'later', delay: 3_600_000 });
  expect((await platform.send('POST', '/products/sync', {}, 'admin')).status).toBe(202);
  // Its quote is there whichever of the others get what is left of the plan: what nobody has a quote of is not taken into the watchlist.
  const first = await fetch(`${platform.url}/market/quote?symbol=AAPL`, { headers: { prefer: 'wait=10' } });
  expect([first.status, await first.text()]).toEqual([200, expect.stringContaining('"AAPL"')]);
}
/** Asks for more than the plan has left: what nobody asks for again is given up while it waits, and the next minute has calls again. */
async function askTooMuch(): Promise<void> {
  const headers = { prefer: 'wait=0' };
  const ask = (symbol: string) => fetch(`${platform.url}/market/quote?symbol=${symbol}`, { headers });
  const symbols = ['MSFT', 'NVDA', 'TSLA', 'META', 'AMZN', 'GOOGL'];
  await Promise.all(symbols.map(async (symbol) => (await ask(symbol)).arrayBuffer()));
}

test('every figure of the operators’ view is what its source says: paused, limited, delayed, failed, unmanned', async () => {
  if (!browser) return void process.stdout.write('figures of the operators’ view: not run, there is no Chromium\n');
  const at = browser;
  await makeTrouble();
  await at.page.getByLabel('E-mail').fill(accounts.admin.email);
  await at.page.getByLabel('Password').fill(accounts.admin.password);
  await at.page.getByRole('button', { name: 'Log in' }).click();
  await at.page.getByRole('link', { name: 'Operations' }).click();
  await at.page.locator('[data-queue=payments]').waitFor();
  let seen: Record<string, Awaited<ReturnType<typeof shownOf>>> = {};
  for (const name of names)
    await until(
      () => `the figures of ${name}; shown: ${JSON.stringify(seen[name])}`,
      async () => {
        if (name === 'finnhub') await askTooMuch();
        const [shown, source] = [await shownOf(at, name), await sourceOf(name)];
        seen = { ...seen, [name]: shown };
        const isAsMeant = name !== 'finnhub' || (shown.state === 'limited' && shown.waiting > 0);
        return isAsMeant && JSON.stringify(shown) === JSON.stringify(source) ? true : undefined;
      },
    );
  // The scenario was what it says, and metrics are of the same source.
  expect(seen['payments']).toMatchObject({ state: 'paused', waiting: 3, completed: 2, failed: 1, workers: 1 });
  expect(seen['catalog']).toMatchObject({ state: 'unmanned', workers: 0 });
  expect(Math.min(seen['catalog']?.waiting ?? 0, seen['upkeep']?.delayed ?? 0)).toBeGreaterThan(0);
  for (const name of ['payments', 'upkeep'] as const)
    for (const state of ['completed', 'failed', 'delayed', 'active'] as const)
      expect([name, state, await measured(name, state)]).toEqual([name, state, seen[name]?.[state]]);
});

test('outbox, streams, the plan and what gave up are what MySQL, Redis and the provider say', async () => {
  if (!browser) return;
  const { page } = browser;
  const em = platform.orm.em.fork();
  const text = async (selector: string) => firstNumber(await page.locator(selector).textContent());
  await until('the outbox as in MySQL', async () =>
    (await text('[data-figure=outbox]')) === (await em.count(OutboxMessage)) ? true : undefined,
  );
  for (const stream of ['orders', 'market', 'catalog'])
    await until(`the stream ${stream} as in Redis`, async () =>
      (await text(`[data-stream=${stream}]`)) === (await platform.redis.xlen(stream)) ? true : undefined,
    );
  // The page itself follows the prices; nobody follows the rest as long as it shows operations.
  const said = { market: 'nothing lags', orders: 'nobody follows', catalog: 'nobody follows' };
  for (const [stream, words] of Object.entries(said))
    await page.locator(`div:has(> [data-stream=${stream}])`).getByText(words).waitFor();
  const letters = await em.findAll(DeadLetter);
  expect(letters).toHaveLength(1);
  expect(await page.locator('[data-letter]').count()).toBe(1);
  expect(await page.locator('[data-letter] .why').textContent()).toBe(letters[0]?.reason);

  expect(await platform.sandbox.arrivals('finnhub')).not.toEqual([]);
  const gauge = page.locator('[data-window=minute]').getByRole('meter');
  await until('the calls that have arrived within a minute', async () => {
    const calls = (await platform.sandbox.arrivals('finnhub')).filter(({ at_ms }) => at_ms > Date.now() - 60_000);
    return Number(await gauge.getAttribute('aria-valuenow')) === calls.length ? true : undefined;
  });
  expect(Number(await gauge.getAttribute('aria-valuemax'))).toBe(perMinute);
  const Lanes = z.object({ lanes: z.array(z.object({ lane: z.string(), used: z.int(), waiting: z.int() })) });
  await until('lanes as the API says', async () => {
    const { lanes } = Lanes.parse(await (await fetch(`${platform.url}/market/budget`)).json());
    const cells = await page.locator('[data-lane] td').allTextContents();
    const told = lanes.flatMap(({ used, waiting }) => [String(used), String(waiting)]);
    return cells.join() === told.join() ? true : undefined;
  });
});

test('workers, what they run, breakers and groups are what the processes, Redis and the gateway say', async () => {
  if (!browser) return;
  const { page } = browser;
  const [worker] = platform.workers;
  const row = page.getByRole('region', { name: 'Workers' }).locator('tbody tr');
  expect(await row.count()).toBe(1);
  const told = await row.first().textContent();
  for (const part of [` · ${worker?.pid}`, version, 'payments, finnhub', 'nothing']) expect(told).toContain(part);
  for (const name of ['finnhub', 'stripe']) await page.locator(`[data-breaker=${name}][data-state=closed]`).waitFor();

  await platform.redis.xgroup('CREATE', 'orders', 'shipping', '0');
  await platform.redis.xreadgroup('GROUP', 'shipping', 'one', 'COUNT', 1, 'STREAMS', 'orders', '>');
  const left = (await platform.redis.xlen('orders')) - 1;
  const group = page.getByRole('region', { name: 'Consumer groups' }).locator('tbody tr');
  await until('the group', async () =>
    (await group.locator('td').allTextContents()).join() === `orders,shipping,1,1,${left}` ? true : undefined,
  );
});

test('what ended over time is what the workers have written into MySQL, by the minute and by the hour', async () => {
  if (!browser) return;
  const { page } = browser;
  const card = page.locator('[data-history=payments]');
  const Total = z.object({ done: z.int(), failed: z.int(), p50: z.number(), p95: z.number(), p99: z.number() });
  const words = (seconds: number) => (seconds < 1 ? `${Math.round(seconds * 1_000)} ms` : `${seconds.toFixed(1)} s`);
  for (const [by, name] of [['minute', 'The last hour'] as const, ['hour', 'The last day'] as const]) {
    await page.getByLabel(name).check({ force: true });
    await until(`the history ${by} by ${by}`, async () => {
      const rows = await platform.orm.em.fork().find(QueueMinute, { queue: 'payments' });
      const sum = (what: 'done' | 'failed') => sumOf(rows.map((row) => row[what]));
      // Of the stranger MySQL tells that nobody did it, of the charges that they were made.
      if (sum('done') !== 2 || sum('failed') !== 1) return undefined;
      const answer = await platform.send('GET', `/queues/payments/history?by=${by}`, undefined, 'admin');
      const { total } = z.object({ total: Total }).parse(await answer.json());
      const told = [sum('done'), sum('failed'), ...[total.p50, total.p95, total.p99].map(words)].join();
      return (await card.locator('dd').allTextContents()).join() === told ? true : undefined;
    });
    expect(await card.getByRole('img').count()).toBe(2);
    const steps = await card.locator('svg').first().locator('title').allTextContents();
    const ended = steps.map((said) => /(\d+) done, (\d+) failed/.exec(said) ?? []);
    expect([1, 2].map((at) => ended.reduce((sum, found) => sum + Number(found[at]), 0))).toEqual([2, 1]);
  }
  // A queue in which nothing has ended has no drawing of it.
  await page.locator('[data-history=catalog]').getByText('Nothing ended.').waitFor();
});

test('what each lane has used over time is what has arrived at the provider, in MySQL, the answer and the drawing', async () => {
  const Told = z.object({ total: z.record(z.string(), z.int()) });
  const read = async (by: string) =>
    Told.parse(await (await fetch(`${platform.url}/market/budget/history?by=${by}`)).json()).total;
  for (const [by, name, steps] of [['minute', 'The last hour', 61] as const, ['hour', 'The last day', 25] as const]) {
    await browser?.page.getByLabel(name).check({ force: true });
    const card = browser?.page.locator('[data-history=budget]');
    let seen = {};
    // Whoever waits for the plan may call meanwhile: all is looked at anew until it agrees.
    const total = await until(
      () => `the same number of calls ${by} by ${by}; seen: ${JSON.stringify(seen)}`,
      async () => {
        const told = await read(by);
        const rows = await platform.orm.em.fork().findAll(BudgetMinute);
        const figures = (await card?.locator('dd').allTextContents()) ?? Object.values(told).map(String);
        const drawn = (await card?.locator('title').allTextContents()) ?? [];
        const arrived = (await platform.sandbox.arrivals('finnhub')).length;
        const sums = [
          sumOf(Object.values(told)),
          sumOf(rows.map(({ calls }) => calls)),
          card ? sumOf(drawn.map((said) => Number(/: (\d+) calls/.exec(said)?.[1]))) : arrived,
        ];
        seen = { arrived, sums, figures, told, steps: drawn.length };
        if (sums.some((sum) => sum !== arrived) || (card && drawn.length !== steps)) return undefined;
        return figures.join() === Object.values(told).join() ? told : undefined;
      },
    );
    // Nobody was logged in who asked, and nothing was polled.
    expect([total['logged_in'], total['watchlist'], total['anonymous_cold'] !== 0]).toEqual([0, 0, true]);
  }
});

test('with Redis frozen the view says what it does not know, and keeps what it knew', async () => {
  if (!browser) return;
  const { page } = browser;
  expect((await platform.send('PUT', '/market/watchlist/AAPL', {}, 'admin')).status).toBe(201);
  await platform.redisServer?.process().signal('SIGSTOP');
  await page.locator('.live').getByText('Redis does not answer').waitFor();
  await page.locator('[data-source=redis]').getByText('does not answer').waitFor();
  for (const name of names) await page.locator(`[data-queue=${name}]`).getByText('Not known').waitFor();
  await until('no figure of what cannot be known', async () => {
    const said = (await page.locator('main').textContent()) ?? '';
    return /Nothing waits|nobody follows|market closed/.test(said) ? undefined : true;
  });
  const budget = page.getByRole('region', { name: 'Calls to the provider' });
  await budget.getByText('These figures are not current.').waitFor();
  expect(await budget.getByRole('meter').count()).toBe(2);
  await page.getByRole('link', { name: 'Market' }).click();
  await page.locator('[data-watched=AAPL]').getByText('market hours not known').waitFor();
  await page.goBack();
  await budget.getByText('Not known.').waitFor();
  await platform.redisServer?.process().signal('SIGCONT');
  await page.locator('.live').getByText('Live', { exact: true }).waitFor();
  await page.locator('[data-queue=finnhub]').getByText('1 worker').waitFor();
  await budget.getByText('not current').waitFor({ state: 'detached' });
});

test('a queue that is resumed shows what its worker runs; every queue has a switch', async () => {
  if (!browser) return;
  const { page } = browser;
  await platform.sandbox.fault({ target: 'stripe', kind: 'hang', seconds: 600 });
  await page.getByRole('button', { name: 'Resume payments' }).click();
  const row = page.getByRole('region', { name: 'Workers' }).locator('tbody tr').first();
  await row.getByRole('link', { name: 'charge-order' }).first().waitFor();
  const active = await queueOf('payments').getActive();
  expect(active.map(({ processedBy = '' }) => processedBy.split('/').at(-1))).toContain(
    String(platform.workers[0]?.pid),
  );
  await platform.sandbox.clearFaults();
  await page.getByRole('button', { name: 'Pause upkeep' }).click();
  await page.locator('[data-queue=upkeep]').getByText('Paused', { exact: true }).waitFor();
  expect(await queueOf('upkeep').isPaused()).toBe(true);
  await page.getByRole('button', { name: 'Resume upkeep' }).click();
  await until('it goes on', async () => ((await queueOf('upkeep').isPaused()) ? undefined : true));
});
