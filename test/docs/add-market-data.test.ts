import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blocksOf, commandsOf, fileOf, insertOf } from '../support/blocks.ts';
import { type Checkout, makeCheckout } from '../support/processes/checkout.ts';

const blocks = blocksOf('docs/add-market-data.md');
let checkout: Checkout;
beforeAll(() => {
  checkout = makeCheckout();
});
afterAll(() => checkout[Symbol.dispose]());

it('the page’s four files and its migration, in its order, make a kind of market data whose test passes', () => {
  const touched: string[] = [];
  for (const block of blocks) {
    const [file, insert] = [fileOf(block), insertOf(block)];
    const path = file?.path ?? insert?.path;
    if (path !== undefined) touched.push(path);
    if (file) writeFileSync(join(checkout.folder, file.path), file.text);
    else if (insert) {
      const into = join(checkout.folder, insert.path);
      const [before, after, ...more] = readFileSync(into, 'utf8').split(`${insert.below}\n`);
      expect([after, more.length], insert.below).toEqual([expect.any(String), 0]);
      writeFileSync(into, `${before}${insert.below}\n${insert.text}${after}`);
    } else
      for (const command of commandsOf(block)) {
        const { status, output } = checkout.run(command);
        expect(status, output).toBe(0);
        expect(output).toMatch(/successfully created|^3 passed, 0 failed$/m);
      }
  }
  expect(touched).toEqual([
    'src/entities/market.entity.ts',
    'src/market/data/dividends.market.ts',
    'sandbox/finnhub/lists/dividends.list.ts',
    'test/market/data/dividends.test.ts',
  ]);
});
