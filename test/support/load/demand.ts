import { setTimeout as sleep } from 'node:timers/promises';

const symbols = [
  ...'AAPL MSFT GOOGL AMZN NVDA TSLA META NFLX AMD INTC ORCL IBM CSCO ADBE BA QCOM CAT AVGO JPM BAC WMT KO PEP DIS'.split(
    ' ',
  ),
  'BINANCE:BTCUSDT',
  'BINANCE:ETHUSDT',
];

/** Asks for some thirty symbols over and over, without end, until the signal aborts. */
export async function demandQuotes(url: string, signal: AbortSignal): Promise<void> {
  await Promise.all(
    symbols.map(async (symbol) => {
      while (!signal.aborted) {
        await fetch(`${url}/market/quote?symbol=${symbol}`, { headers: { prefer: 'wait=1' } }).then((answer) =>
          answer.text(),
        );
        // Often enough that every symbol's next fetch is always asked for.
        await sleep(200);
      }
    }),
  );
}

/** The most moments that lie within any window of this length; a window holds its beginning and not its end. */
export function busiest(timesMs: readonly number[], windowMs: number): number {
  const sorted = timesMs.toSorted((a, b) => a - b);
  let first = 0;
  return sorted.reduce((most, time, index) => {
    while (time - (sorted[first] ?? 0) >= windowMs) first += 1;
    return Math.max(most, index - first + 1);
  }, 0);
}
