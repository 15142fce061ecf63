import { useReading } from '../api/use-reading.ts';
import type { Staged } from '../frame/staged.ts';
import { mainId } from '../parts/hold-focus.ts';
import { Part } from '../parts/part.tsx';
import { SymbolList } from './symbol-list.tsx';
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
          <section aria-labelledby="symbols">
            <h2 id="symbols">Symbols</h2>
            <SymbolList staged={staged} />
          </section>
          {session.user?.role === 'admin' && <Polled />}
        </>
      ) : (
        <SymbolPage symbol={item.toUpperCase()} staged={staged} />
      )}
    </main>
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
