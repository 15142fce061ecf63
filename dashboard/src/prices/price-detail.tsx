import { pathOf } from '../frame/address.ts';
import { Age } from '../parts/age.tsx';
import { PriceChart } from './price-chart.tsx';
import { directionOf, formatPercent, formatPrice, formatTime, type Quote, shortName } from './quote.ts';

type Shown = Readonly<{ symbol: string | undefined; quote: Quote | undefined; isLive: boolean; resets: number }>;

/** One symbol large: its price, how it moved, its day, and its chart. */
export function PriceDetail({ symbol, quote, isLive, resets }: Shown) {
  if (symbol === undefined)
    return (
      <section class="detail" aria-label="Price">
        <p class="empty">No symbol is watched yet. Add one, such as AAPL or BTC.</p>
      </section>
    );
  return (
    <section class="detail" aria-labelledby="symbol">
      <h2 id="symbol">
        <a href={pathOf('market', symbol)}>{shortName(symbol)}</a>
      </h2>
      {quote ? <Figures quote={quote} isLive={isLive} /> : <p class="figure faint">–</p>}
      <PriceChart key={symbol} symbol={symbol} quote={quote} resets={resets} />
    </section>
  );
}

function Figures({ quote, isLive }: Readonly<{ quote: Quote; isLive: boolean }>) {
  const day = { Open: quote.o, High: quote.h, Low: quote.l, 'Previous close': quote.pc };
  return (
    <>
      <p class="figure" data-price={quote.c}>
        {formatPrice(quote.c)}
        <span class="change" data-direction={directionOf(quote)}>
          {formatPercent(quote.dp)}
        </span>
      </p>
      <dl class="day">
        {Object.entries(day).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{formatPrice(value)}</dd>
          </div>
        ))}
        <div>
          <dt>As of</dt>
          <dd>
            <time dateTime={quote.as_of}>{formatTime(quote.as_of)}</time> <Age at={quote.as_of} isLive={isLive} />
          </dd>
        </div>
      </dl>
    </>
  );
}
