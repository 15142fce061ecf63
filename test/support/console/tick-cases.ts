import { expect, test } from 'vitest';
import { z } from 'zod';
import type { BrowserPage } from '../processes/browser.ts';
import type { Platform } from '../processes/platform.ts';
import { clockAhead } from '../page-scripts.ts';
import { untilFollowers } from '../processes/followers.ts';
import { until } from '../processes/process.ts';
import { settleLetters } from './console.ts';

const Complete = z.object({ covered_until: z.string().nullable(), holes: z.array(z.unknown()) });
const hourMs = 3_600_000;

/** What the page shows where trades are told; AAPL is looked at. A part of the tests of the operators' view. */
export function tickCases(opened: (what: string) => BrowserPage | undefined, platform: () => Platform): void {
  const complete = async () => {
    const from = new Date(Date.now() - hourMs).toISOString();
    const answer = await fetch(`${platform().url}/market/completeness?symbol=AAPL&from=${from}`);
    return Complete.parse(await answer.json());
  };

  test('the price moves with each trade, and beside the chart stands up to when all trades are there, and what is missing', async () => {
    const page = opened('ticks')?.page;
    if (!page) return;
    const { sandbox } = platform();
    await page.locator('.about', { hasText: 'Apple Inc' }).waitFor();
    // What is fetched stands still meanwhile.
    await sandbox.fault({ target: 'finnhub', kind: '5xx', seconds: 600 });
    await page.locator('.live').getByText('The provider of prices does not answer').waitFor();
    const figure = page.locator('[data-price]');
    const seen = new Set<number>();
    await until('prices that move', async () => {
      seen.add(Number(await figure.getAttribute('data-price')));
      return seen.size >= 4 ? true : undefined;
    });
    const trades = new Set((await sandbox.trades()).filter(({ s }) => s === 'AAPL').map(({ p }) => p));
    expect([...seen].filter((price) => !trades.has(price))).toEqual([]);

    const said = page.locator('[data-covered-until]');
    const before = (await complete()).covered_until ?? '';
    await until('as far as that', async () =>
      ((await said.getAttribute('data-covered-until')) ?? '') >= before ? true : undefined,
    );
    await said.getByText(/^All trades of .+ of the last hour, up to \d/).waitFor();
    const shown = (await said.getAttribute('data-covered-until')) ?? '';
    expect(shown <= ((await complete()).covered_until ?? '')).toBe(true);

    await until('a connection is cut', async () => ((await sandbox.cutSockets()) > 0 ? true : undefined));
    await until('every hole that is published', async () => {
      const { holes } = await complete();
      const listed = await said.locator('li').count();
      return holes.length > 0 && listed === Math.min(holes.length, 10) ? true : undefined;
    });
    await said.locator('summary').press('Enter');
    await said
      .getByText(/^Trades may be missing from \d/)
      .first()
      .waitFor();
    await sandbox.clearFaults();
    await page.locator('.live').getByText('Live', { exact: true }).waitFor();
    // What was to be fetched meanwhile has given up.
    await settleLetters(platform());
  });

  test('of two windows the one used last follows trades, so that both have connections left', async () => {
    const at = opened('two windows');
    if (!at) return;
    const isForTicks = /\/streams\/market\?types=tick/;
    // Prices, orders and trades.
    await untilFollowers(platform(), 3);
    const other = await at.context.newPage();
    const asked = other.waitForRequest(isForTicks);
    await other.goto(platform().url);
    await asked;
    await untilFollowers(platform(), 5);
    for (const page of [at.page, other]) await page.locator('.live').getByText('Live', { exact: true }).waitFor();
    const askedAgain = at.page.waitForRequest(isForTicks);
    await at.page.evaluate("dispatchEvent(new Event('focus'))");
    await askedAgain;
    await untilFollowers(platform(), 5);
    const handed = other.waitForRequest(isForTicks);
    await other.evaluate("dispatchEvent(new Event('focus'))");
    await handed;
    // Whoever is left has the place, without being asked.
    const takenOver = at.page.waitForRequest(isForTicks);
    await other.close({ runBeforeUnload: true });
    await takenOver;
    await untilFollowers(platform(), 3);
  });

  test('on a computer whose clock is hours ahead the chart, the sparklines and the trades are there as anywhere', async () => {
    const context = opened('a wrong clock')?.context;
    if (!context) return;
    const page = await context.newPage();
    await page.addInitScript(clockAhead(8 * hourMs));
    const refused: string[] = [];
    page.on('response', (answer) => void (answer.status() >= 400 && refused.push(answer.url())));
    const read = page.waitForResponse(/\/market\/bars\?.*interval=1m/);
    await page.goto(platform().url);
    expect((await read).status()).toBe(200);
    await page.locator('figure.chart[data-newest]').waitFor();
    await page.locator('.row', { hasText: 'AAPL' }).locator('polyline').waitFor({ state: 'attached' });
    await page.locator('[data-covered-until]').waitFor();
    expect(refused).toEqual([]);
    expect(await page.getByText('could not be read').count()).toBe(0);
    await page.close();
  });
}
