import { pathOf } from '../frame/address.ts';
import { Age } from '../parts/age.tsx';
import type { Known } from '../api/use-status.ts';
import { type Identity, useIdentities } from './companies.ts';
import { Completeness, useCompleteness } from './completeness.tsx';
import { type MarketState, marketOf } from './market-state.ts';
import { PriceChart } from './price-chart.tsx';
import { isRemovable } from './symbols.ts';
import { WhyOld } from './why-old.tsx';
import { directionOf, formatPercent, formatPrice, shortName } from '../../../src/market/price-words.ts';
import { formatTime, type Quote } from './quote.ts';
import { useTicks } from './use-ticks.ts';

type Shown = Readonly<{
  symbol: string | undefined;
  quote: Quote | undefined;
  isLive: boolean;
  resets: number;
  known: Known;
  onPick?: ((price: number) => void) | undefined;
}>;

/** One symbol large: what it is, its price, how it moved, its day, and its chart; and why the price is old, once it is. */
export function PriceDetail({ symbol, quote: stored, isLive, resets, known, onPick }: Shown) {
  const identities = useIdentities(symbol === undefined ? [] : [symbol]);
  const trades = useCompleteness(symbol);
  const quote = useTicks(symbol, trades?.is_live === true, stored);
  if (symbol === undefined)
    return (
      <section class="detail" aria-label="Price">
        <p class="empty">No symbol is watched yet. Add one, such as AAPL or BTC.</p>
      </section>
    );
  const market = marketOf(symbol, known);
  return (
    <section class="detail" aria-labelledby="symbol">
      <h2 id="symbol">
        <a href={pathOf('market', symbol)}>{shortName(symbol)}</a>
      </h2>
      <About identity={identities.get(symbol)} market={market} />
      {quote ? <Figures quote={quote} isLive={isLive} /> : <p class="figure faint">–</p>}
      {quote && <WhyOld at={quote.as_of} known={known} market={market} isPolled={!isRemovable(symbol)} />}
      <PriceChart key={symbol} symbol={symbol} quote={quote} resets={resets} onPick={onPick} />
      <Completeness of={trades} />
    </section>
  );
}

function About({ identity, market }: Readonly<{ identity: Identity | undefined; market: MarketState }>) {
  const { name = '', exchange = '', currency = '' } = identity ?? {};
  return (
    <p class="about">
      {[name, exchange, currency].filter(Boolean).map((fact) => `${fact} · `)}
      <span data-market={market}>market {market}</span>
    </p>
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
