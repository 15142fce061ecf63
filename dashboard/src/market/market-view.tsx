import { useReading } from '../api/use-reading.ts';
import { pathOf } from '../frame/address.ts';
import type { Staged } from '../frame/staged.ts';
import { Age } from '../parts/age.tsx';
import { mainId } from '../parts/hold-focus.ts';
import { Part } from '../parts/part.tsx';
import { Table } from '../parts/table.tsx';
import { directionOf, formatPercent, formatPrice, shortName } from '../prices/quote.ts';
import { SymbolPage } from './symbol-page.tsx';
import { SymbolSearch } from './symbol-search.tsx';
import { type Watched, Watchlist } from './watchlist.tsx';

/** Symbols: found, listed, each on a page of its own; and what is polled, for administrators. */
export function MarketView(staged: Staged) {
  const { item, session } = staged;
  return (
    <main class="page market" id={mainId}>
      {item === undefined ? (
        <>
          <SymbolSearch />
          <Listed staged={staged} />
          {session.user?.role === 'admin' && <Polled />}
        </>
      ) : (
        <SymbolPage symbol={item.toUpperCase()} staged={staged} />
      )}
    </main>
  );
}

function Listed({ staged: { prices, arePricesLive } }: Readonly<{ staged: Staged }>) {
  const { symbols, quotes } = prices;
  const of = (symbol: string) => quotes.get(symbol);
  return (
    <section aria-labelledby="symbols">
      <h2 id="symbols">Symbols</h2>
      <Table
        label="Symbols"
        rows={symbols}
        keyOf={(symbol) => symbol}
        empty="No symbol is watched yet."
        columns={[
          { name: 'Symbol', of: (symbol) => <a href={pathOf('market', symbol)}>{shortName(symbol)}</a> },
          { name: 'Price', isFigure: true, of: (symbol) => formatPrice(of(symbol)?.c ?? null) },
          {
            name: 'Today',
            isFigure: true,
            of(symbol) {
              const quote = of(symbol);
              if (!quote) return '–';
              return (
                <span class="change" data-direction={directionOf(quote)}>
                  {formatPercent(quote.dp)}
                </span>
              );
            },
          },
          {
            name: 'Age',
            of(symbol) {
              const quote = of(symbol);
              return quote && <Age at={quote.as_of} isLive={arePricesLive} />;
            },
          },
        ]}
      />
    </section>
  );
}

function Polled() {
  const watched = useReading<Readonly<{ data: readonly Watched[] }>>('/market/watchlist');
  return (
    <Part id="watchlist" title="Watchlist" reading={watched}>
      {({ data }) => <Watchlist watched={data} onChange={watched.read} />}
    </Part>
  );
}
