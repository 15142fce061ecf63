import { useState } from 'preact/hooks';
import type { LiveState } from './api/follow-stream.ts';
import { focusOn, mainId } from './parts/hold-focus.ts';
import { LoginForm } from './parts/login-form.tsx';
import { Masthead } from './parts/masthead.tsx';
import { Navigation } from './parts/navigation.tsx';
import { OpsView } from './ops/ops-view.tsx';
import { OrderFeed } from './orders/order-feed.tsx';
import { PriceDetail } from './prices/price-detail.tsx';
import { PriceList } from './prices/price-list.tsx';
import { arePricesLive } from './api/sources.ts';
import { usePrices } from './prices/use-prices.ts';
import { useSession } from './api/use-session.ts';
import { useStatus } from './api/use-status.ts';

/** The page: prices and their chart for everybody, orders for who is logged in. */
export function App() {
  const known = useStatus();
  const prices = usePrices();
  const session = useSession();
  const [orders, setOrders] = useState<LiveState>();
  const [chosen, setChosen] = useState<string>();
  const [isOps, setIsOps] = useState(false);
  const { user } = session;
  const operator = user && user.role !== 'user' ? user : undefined;
  const symbol = chosen !== undefined && prices.symbols.includes(chosen) ? chosen : prices.symbols[0];
  const sight = { known, prices: prices.state, orders };
  const isLive = arePricesLive(sight);

  const list = <PriceList key="prices" prices={prices} isLive={isLive} chosen={symbol} onChoose={setChosen} />;
  return (
    <>
      <a class="skip" href={`#${mainId}`} onClick={() => focusOn(mainId)}>
        Skip to content
      </a>
      <Masthead sight={sight} hasEnded={session.hasEnded}>
        <Navigation session={session} operator={operator} isOps={isOps} onOps={() => setIsOps(!isOps)} />
      </Masthead>
      {operator && isOps ? (
        <OpsView user={operator} />
      ) : (
        <main id={mainId}>
          <PriceDetail
            symbol={symbol}
            quote={symbol === undefined ? undefined : prices.quotes.get(symbol)}
            isLive={isLive}
            resets={prices.resets}
          />
          {!user && <LoginForm key="orders" session={session} />}
          {list}
          {user && <OrderFeed key={`${user.id} ${user.role}`} user={user} onState={setOrders} />}
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
