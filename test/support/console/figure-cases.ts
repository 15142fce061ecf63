import { expect, test } from 'vitest';
import { formatMoney } from '../../../dashboard/src/orders/money.ts';
import { User } from '../../../src/entities/accounts.entity.ts';
import { Product } from '../../../src/entities/catalog.entity.ts';
import { StockQuote } from '../../../src/entities/market.entity.ts';
import { DeadLetter } from '../../../src/entities/ops.entity.ts';
import { Order } from '../../../src/entities/orders.entity.ts';
import { Payment, Refund } from '../../../src/entities/payments.entity.ts';
import { formatPercent, formatPrice } from '../../../src/market/price-words.ts';
import { toMajor } from '../../../src/money/money.ts';
import { until } from '../processes/process.ts';
import { bury, type Console, type OpenConsole } from './console.ts';

/** Figures of prices and of staff's lists; those of operations are looked at where a test decides all that happens there. */
export function figureCases(opened: OpenConsole): void {
  test('each price, its change and its day are those of the newest observation that MySQL holds', async () => {
    const at = opened('figures of prices');
    if (!at) return;
    await at.logIn(undefined);
    await at.visit('/');
    const em = at.platform.orm.em.fork();
    const newest = (symbol: string) =>
      em.findOneOrFail(StockQuote, { symbol }, { orderBy: { observedAt: 'desc' }, disableIdentityMap: true });
    for (const symbol of ['AAPL', 'MSFT'])
      await agree(symbol, async () => {
        const { current, changePercent } = await newest(symbol);
        const row = at.page.locator('.row', { hasText: symbol });
        const shown = await row.locator('.price, .change').allTextContents();
        return [shown, [formatPrice(current), formatPercent(changePercent ?? null)]];
      });
    await agree('the day of AAPL', async () => {
      const { open, high, low, previousClose } = await newest('AAPL');
      const shown = await at.page.locator('.day dd').allTextContents();
      return [shown.slice(0, 4), [open, high, low, previousClose].map((price) => formatPrice(price ?? null))];
    });
  });

  test('each figure in the lists of staff is the one that MySQL holds', async () => {
    const at = opened('figures of lists');
    if (!at) return;
    await bury(at.platform, 'sync-products', { attempts: 3 });
    await at.logIn('admin');
    for (const [view, source] of Object.entries(sourcesOf(at))) {
      await at.visit(`/app/${view}`);
      await at.page.locator('[data-row]').first().waitFor();
      await agree(view, async () => [String(await at.page.evaluate(figures)).split('\n'), await source()]);
    }
  });
}

/** Waits until what is shown is what its source says: both may move. */
async function agree(
  what: string,
  look: () => Promise<readonly [readonly string[], readonly string[]]>,
): Promise<void> {
  let seen: Awaited<ReturnType<typeof look>> = [[], []];
  await until(
    () => `${what}: the page shows ${seen[0].join('; ')}, and its source says ${seen[1].join('; ')}`,
    async () => {
      seen = await look();
      return seen[0].join('\n') === seen[1].join('\n') ? true : undefined;
    },
  );
  expect(seen[1].join('')).toMatch(/\d/);
}

/** Of each list, what its rows show in figures. */
function sourcesOf({ platform }: Console): Readonly<Record<string, () => Promise<readonly string[]>>> {
  const em = platform.orm.em.fork();
  const rest = { limit: 20, disableIdentityMap: true } as const;
  const newest = { orderBy: { id: 'desc' }, ...rest } as const;
  const oldest = { orderBy: { id: 'asc' }, ...rest } as const;
  const money = (minor: number, currency: string) => formatMoney(toMajor(minor, currency), currency);
  const amount = (row: Readonly<{ amountMinor: number; currency: string }>) => money(row.amountMinor, row.currency);
  return {
    orders: async () =>
      (await em.find(Order, {}, newest)).map(({ totalMinor, currency }) => money(totalMinor, currency)),
    payments: async () => (await em.find(Payment, {}, newest)).map(amount),
    refunds: async () => (await em.find(Refund, {}, newest)).map(amount),
    customers: async () => (await em.find(User, { deletedAt: null }, oldest)).map(({ id }) => String(id)),
    products: async () =>
      (await em.find(Product, { deletedAt: null }, oldest)).map(({ id, priceMinor, currency, stock }) =>
        [id, money(priceMinor, currency), stock ?? 'not counted'].join(' | '),
      ),
    'dead-letters': async () =>
      (await em.find(DeadLetter, { replayedAt: null }, newest)).map(({ attempts }) => String(attempts)),
  };
}

/** In the page: of each row its cells that are figures. */
const figures = `[...document.querySelectorAll('[data-row]')]
  .map((row) => [...row.querySelectorAll('td.figures')].map((cell) => cell.textContent).join(' | ')).join('\\n')`;
