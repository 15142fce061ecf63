import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blocksOf, commandsOf, fileOf, insertOf } from '../support/blocks.ts';
import { type Checkout, makeCheckout } from '../support/processes/checkout.ts';
import { plainEnvironment } from '../support/processes/platform-process.ts';
import { patienceMs } from '../support/processes/process.ts';

const blocks = blocksOf('docs/add-market-data.md');
let checkout: Checkout;
beforeAll(() => {
  checkout = makeCheckout();
});
afterAll(() => checkout[Symbol.dispose]());

const run = (command: string) => {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
    cwd: checkout.folder,
    env: plainEnvironment(),
    encoding: 'utf8',
    timeout: 4 * patienceMs,
  });
  expect(status, stdout + stderr).toBe(0);
  return stdout;
};

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
      for (const command of commandsOf(block))
        expect(run(command)).toMatch(/successfully created|^3 passed, 0 failed$/m);
  }
  expect(touched).toEqual([
    'src/entities/market.entity.ts',
    'src/market/data/dividends.market.ts',
    'sandbox/finnhub/lists/dividends.list.ts',
    'test/market/data/dividends.test.ts',
  ]);
});
