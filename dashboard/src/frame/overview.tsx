import { useState } from 'preact/hooks';
import { OrderFeed } from '../orders/order-feed.tsx';
import { mainId } from '../parts/hold-focus.ts';
import { LoginForm } from '../parts/login-form.tsx';
import { PriceDetail } from '../prices/price-detail.tsx';
import { PriceList } from '../prices/price-list.tsx';
import type { Staged } from './staged.ts';

/** Home: prices and their chart for everybody, orders for who is logged in. */
export function Overview({ session, known, prices, arePricesLive, onOrders }: Staged) {
  const [chosen, setChosen] = useState<string>();
  const { user } = session;
  const symbol = chosen !== undefined && prices.symbols.includes(chosen) ? chosen : prices.symbols[0];
  return (
    <main id={mainId}>
      <PriceDetail
        symbol={symbol}
        quote={symbol === undefined ? undefined : prices.quotes.get(symbol)}
        isLive={arePricesLive}
        resets={prices.resets}
        known={known}
      />
      {!user && <LoginForm key="orders" session={session} />}
      <PriceList key="prices" prices={prices} isLive={arePricesLive} chosen={symbol} onChoose={setChosen} />
      {user && <OrderFeed key={`${user.id} ${user.role}`} user={user} onState={onOrders} />}
    </main>
  );
}
