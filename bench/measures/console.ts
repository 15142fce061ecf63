import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { z } from 'zod';
import { type Bench, type Measure, withProduct } from '../bench.ts';
import { chromiumPath, openBrowser } from '../../test/support/processes/browser.ts';
import { fillConsole } from '../console/fill.ts';
import { readLists } from '../console/read-lists.ts';
import { scrollLists, watchMemory } from '../console/watch-page.ts';
import type { Side } from '../sides/side.ts';

const Granted = z.object({ access_token: z.string() });
const administrator = { email: 'admin@example.com', password: 'orderflow-admin' };
const everyMs = 500;
const variables = { WATCHLIST: 'AAPL,MSFT,NVDA,TSLA,META,AMZN,GOOGL,BINANCE:BTCUSDT', QUOTE_TTL_SECONDS: '1' };

/** The console on a shop of some age: how soon its lists answer, what scrolling them takes, and what the page keeps in memory. */
export const consolePage: Measure = {
  ids: ['console'],
  isOnlyByName: true,
  async run(bench) {
    await fillConsole(bench);
    const { lists, tasks, megabytes } = await withProduct(bench, { variables }, (side) => measured(bench, side));
    const [early = Number.NaN] = megabytes;
    const worst = (some: Readonly<Record<string, number>>) => Math.max(...Object.values(some));
    const browser = tasks && { task: { ours: [worst(tasks)] }, growth: { ours: [(megabytes.at(-1) ?? 0) / early] } };
    return {
      goals: { console: { answer: { ours: [worst(lists)] }, ...browser } },
      rounds: [{ row: 'console', lists, tasks, megabytes }],
    };
  },
};

async function measured(bench: Bench, side: Side) {
  const [url = ''] = side.urls;
  const lists = await readLists(url, { authorization: `Bearer ${await logIn(url)}` }, bench.effort.rounds);
  bench.say(`  lists, ms at most: ${JSON.stringify(lists, short)}`);
  if (chromiumPath === undefined) {
    bench.say('  there is no Chromium: the page itself is not measured');
    return { lists, tasks: undefined, megabytes: [] };
  }
  const browser = await openBrowser(chromiumPath);
  try {
    await enter(browser.page, url);
    const tasks = await scrollLists(browser.page, url);
    bench.say(`  longest tasks, ms: ${JSON.stringify(tasks, short)}`);
    await browser.page.goto(url);
    const megabytes = await whileOrdersCome(side, () => watchMemory(browser.page, bench.effort.isQuick ? 60 : 600));
    const events = Number(await browser.page.locator('.orders .counted').getAttribute('data-events'));
    if (!(events > 0)) throw new Error('the page has heard of no order: what it holds says nothing');
    bench.say(`  ${events} events on the page; held by it, MB: ${megabytes.map((each) => each.toFixed(1)).join(', ')}`);
    return { lists, tasks, megabytes };
  } finally {
    await browser.close();
  }
}

async function logIn(url: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}/auth/login`, { method: 'POST', headers, body: JSON.stringify(administrator) });
  return Granted.parse(await answer.json()).access_token;
}

async function enter(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel('E-mail').fill(administrator.email);
  await page.getByLabel('Password').fill(administrator.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('link', { name: 'Operations' }).waitFor();
}

/** Customers order, two a second, as long as the work takes. */
async function whileOrdersCome<T>({ order, urls }: Side, work: () => Promise<T>): Promise<T> {
  let isOver = false;
  const ordering = (async () => {
    while (!isOver) {
      const { method, headers, path, body } = order;
      await (await fetch(`${urls[0]}${path}`, { method, headers, ...(body && { body }) })).arrayBuffer();
      await sleep(everyMs);
    }
  })();
  try {
    return await work();
  } finally {
    isOver = true;
    await ordering;
  }
}

function short(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value) : value;
}
