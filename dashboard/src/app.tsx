import { useState } from 'preact/hooks';
import { LoginForm } from './login-form.tsx';
import { OpsView } from './ops-view.tsx';
import { OrderFeed } from './order-feed.tsx';
import { PriceDetail } from './price-detail.tsx';
import { PriceList } from './price-list.tsx';
import { usePrices } from './use-prices.ts';
import { useSession } from './use-session.ts';

/** The page: prices and their chart for everybody, orders for who is logged in. */
export function App() {
  const prices = usePrices();
  const session = useSession();
  const [chosen, setChosen] = useState<string>();
  const [isOps, setIsOps] = useState(false);
  const operator = session.user && session.user.role !== 'user' ? session.user : undefined;
  const symbol = chosen !== undefined && prices.symbols.includes(chosen) ? chosen : prices.symbols[0];

  return (
    <>
      <header class="masthead">
        <h1>Orderflow</h1>
        <p class="live" data-state={prices.state} role="status">
          {{ connecting: 'Connecting', live: 'Live', waiting: 'Reconnecting' }[prices.state]}
        </p>
        <nav>
          {operator && (
            <button type="button" class="quiet" aria-pressed={isOps} onClick={() => setIsOps(!isOps)}>
              Operations
            </button>
          )}
          <a href="/docs">API</a>
          {session.user && (
            <button type="button" class="quiet" onClick={() => void session.logOut()}>
              Log out
            </button>
          )}
        </nav>
      </header>
      {operator && isOps ? (
        <OpsView user={operator} />
      ) : (
        <main>
          <PriceDetail
            symbol={symbol}
            quote={symbol === undefined ? undefined : prices.quotes.get(symbol)}
            resets={prices.resets}
          />
          <PriceList prices={prices} chosen={symbol} onChoose={setChosen} />
          {session.user ? <OrderFeed key={session.user.id} user={session.user} /> : <LoginForm session={session} />}
        </main>
      )}
      <footer>
        <p>
          Charts by <a href="https://www.tradingview.com/">TradingView Lightweight Charts</a>
        </p>
      </footer>
    </>
  );
}
