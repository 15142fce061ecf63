import { useState } from 'preact/hooks';
import type { LiveState } from './api/follow-stream.ts';
import { arePricesLive } from './api/sources.ts';
import { useSession } from './api/use-session.ts';
import { useStatus } from './api/use-status.ts';
import { useAddress } from './frame/address.ts';
import { FreshLogin } from './frame/fresh-login.tsx';
import { Palette } from './frame/palette.tsx';
import { ShownView } from './frame/shown-view.tsx';
import { ViewBar } from './frame/view-bar.tsx';
import { focusOn, mainId } from './parts/hold-focus.ts';
import { Masthead } from './frame/masthead.tsx';
import { Navigation } from './frame/navigation.tsx';
import { usePrices } from './prices/use-prices.ts';

/** The page: its frame, which stays, and the view that its address names. */
export function App() {
  const known = useStatus();
  const prices = usePrices();
  const session = useSession();
  const { view, item } = useAddress();
  const [orders, setOrders] = useState<LiveState>();
  const [isSearching, setIsSearching] = useState(false);
  const { user } = session;
  const sight = { known, prices: prices.state, orders };
  const staged = { session, item, known, prices, arePricesLive: arePricesLive(sight), onOrders: setOrders };
  return (
    <>
      <a class="skip" href={`#${mainId}`} onClick={skip}>
        Skip to content
      </a>
      <Masthead sight={sight} hasEnded={session.hasEnded}>
        <Navigation session={session} onSearch={() => setIsSearching(true)} />
      </Masthead>
      <ViewBar user={user} at={view} />
      <ShownView key={`${view} ${item ?? ''} ${session.successions}`} name={view} staged={staged} />
      <footer>
        <p>
          Charts by <a href="https://www.tradingview.com/">TradingView Lightweight Charts</a>
        </p>
      </footer>
      <FreshLogin session={session} />
      <Palette user={user} isOpen={isSearching} onOpen={setIsSearching} />
    </>
  );
}

/** The address stays, which says behind its `#` what a list is narrowed by. */
function skip(event: Event): void {
  event.preventDefault();
  focusOn(mainId);
}
