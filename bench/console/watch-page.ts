import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { z } from 'zod';

/** The views with lists, and where in them more is read. */
const views = [
  'orders',
  'payments',
  'customers',
  'products',
  'jobs',
  'dead-letters',
  'audit',
  'shop',
  'market',
] as const;
const mores = 10;
const Longest = z.number();
const Metrics = z.object({ metrics: z.array(z.object({ name: z.string(), value: z.number() })) });

/** Reads list after list to its eleventh page and scrolls up and down in it; answers the longest task of each, ms. */
export async function scrollLists(page: Page, url: string): Promise<Record<string, number>> {
  const longest: Record<string, number> = {};
  for (const view of views) {
    await page.goto(`${url}/app/${view}`);
    await page.locator('main section').first().waitFor();
    await page
      .locator('main')
      .getByText(/Being (read|fetched)/)
      .waitFor({ state: 'detached' });
    // What it takes to begin is not what scrolling takes.
    await page.evaluate(noteTasks);
    const more = page.locator('main').getByRole('button', { name: /^(More|Reading)$/ });
    for (let count = 0; count < mores && (await more.count()) > 0; count += 1) {
      await more.first().click();
      for (const y of [2_000, -1_000, 4_000]) await page.mouse.wheel(0, y);
    }
    for (let count = 0; count < 20; count += 1) await page.mouse.wheel(0, count % 2 === 0 ? 3_000 : -2_000);
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))');
    longest[view] = Longest.parse(await page.evaluate('window.longestTask'));
  }
  return longest;
}

/** How much the page holds, MB, a few times while it stays open and `work` goes on: once it has warmed up, and at the end. */
export async function watchMemory(page: Page, seconds: number) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  const held = async () => {
    await devtools.send('HeapProfiler.collectGarbage');
    const { metrics } = Metrics.parse(await devtools.send('Performance.getMetrics'));
    return (metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? Number.NaN) / 2 ** 20;
  };
  const parts = 5;
  const megabytes: number[] = [];
  for (let part = 0; part < parts; part += 1) {
    await sleep((seconds * 1_000) / parts);
    megabytes.push(await held());
  }
  await devtools.detach();
  return megabytes;
}

const noteTasks = `(() => {
  window.longestTask = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.longestTask = Math.max(window.longestTask, duration);
  }).observe({ type: 'longtask' });
})()`;
