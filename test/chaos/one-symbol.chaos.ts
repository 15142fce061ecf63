import { afterAll, beforeAll, expect, test } from 'vitest';
import { crowdsWelcome, readByMany } from '../support/load/one-symbol.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ apis: 2, env: crowdsWelcome });
});
afterAll(() => platform.stop());

const symbols = 'AAPL MSFT GOOGL AMZN NVDA TSLA META NFLX AMD INTC AVGO CSCO ADBE QCOM PEP COST SBUX JPM BAC WMT'.split(
  ' ',
);

test('10,000 readers of a symbol that nobody has seen, twenty times: one call, one row, one event each', async () => {
  for (const symbol of symbols) {
    const startedAt = performance.now();
    const { answers, ...caused } = await readByMany(platform, symbol, 10_000);
    process.stdout.write(`${symbol} ${JSON.stringify(caused)} in ${Math.round(performance.now() - startedAt)} ms\n`);
    expect(caused).toEqual({ calls: 1, rows: 1, events: 1 });
    expect(answers).toEqual([expect.stringContaining('200 {')]);
  }
});
