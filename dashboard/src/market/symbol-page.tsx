import { useState } from 'preact/hooks';
import { type PickedPrice, SymbolAlerts } from '../alerts/symbol-alerts.tsx';
import type { Staged } from '../frame/staged.ts';
import { PriceDetail } from '../prices/price-detail.tsx';
import type { Quote } from '../prices/quote.ts';
import { Earnings, News, Peers, Recommendations } from './company-parts.tsx';
import type { Company } from '../prices/companies.ts';
import { Profile } from './profile.tsx';
import { useCopy } from './use-copy.ts';

type Picked = PickedPrice & Readonly<{ symbol: string }>;

/** All that is known of one symbol: its price as it moves, its chart, and of a share its company. */
export function SymbolPage({ symbol, staged }: Readonly<{ symbol: string; staged: Staged }>) {
  const { prices, arePricesLive, known } = staged;
  const isCoin = symbol.includes(':');
  const copy = useCopy<Quote>(isCoin ? 'crypto' : 'quote', symbol);
  const live = prices.quotes.get(symbol);
  const quote = live ?? copy.value;
  const isTold = staged.session.user !== undefined && quote !== undefined;
  const [picked, pick] = useState<Picked>();
  return (
    <>
      <PriceDetail
        symbol={symbol}
        quote={quote}
        isLive={arePricesLive && live !== undefined}
        resets={prices.resets}
        known={known}
        onPick={isTold ? (price) => pick({ symbol, price }) : undefined}
      />
      {isTold && (
        <SymbolAlerts
          key={symbol}
          symbol={symbol}
          price={quote.c}
          picked={picked?.symbol === symbol ? picked : undefined}
        />
      )}
      <p role="alert">{quote === undefined && copy.failure?.message}</p>
      {!isCoin && quote && <CompanyParts symbol={symbol} />}
    </>
  );
}

function CompanyParts({ symbol }: Readonly<{ symbol: string }>) {
  return (
    <>
      <Profile reading={useCopy<Company>('company', symbol)} />
      <News symbol={symbol} />
      <Recommendations symbol={symbol} />
      <Earnings symbol={symbol} />
      <Peers symbol={symbol} />
    </>
  );
}
