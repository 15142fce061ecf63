import { useState } from 'preact/hooks';
import { Age } from '../parts/age.tsx';
import { directionOf, formatPercent, formatPrice, shortName } from '../../../src/market/price-words.ts';
import type { Quote } from './quote.ts';
import { Sparkline } from './sparkline.tsx';
import { Counted } from '../parts/counted.tsx';
import { isRemovable } from './symbols.ts';
import { useDeed } from '../api/use-deed.ts';
import type { Prices } from './use-prices.ts';

type Listed = Readonly<{
  prices: Prices;
  /** Whether new prices come as they are made. */
  isLive: boolean;
  chosen: string | undefined;
  onChoose(symbol: string): void;
}>;

/** The watched symbols with their prices; choosing one shows it large. */
export function PriceList({ prices, isLive, chosen, onChoose }: Listed) {
  return (
    <section class="prices" aria-labelledby="prices">
      <h2 id="prices">Prices</h2>
      <ul>
        {prices.symbols.map((symbol) => (
          <li key={symbol}>
            <button type="button" class="row" aria-pressed={symbol === chosen} onClick={() => onChoose(symbol)}>
              <span class="name" id={`name-${symbol}`}>
                {shortName(symbol)}
              </span>
              <Sparkline values={prices.trails.get(symbol) ?? []} />
              <Price quote={prices.quotes.get(symbol)} isLive={isLive} />
            </button>
            {isRemovable(symbol) && (
              <button
                type="button"
                class="quiet remove"
                aria-label="Remove"
                aria-describedby={`name-${symbol}`}
                onClick={() => prices.remove(symbol)}
              >
                ×
              </button>
            )}
          </li>
        ))}
      </ul>
      <Counted tally={prices.tally} />
      <AddSymbol onAdd={async (symbol) => onChoose(await prices.add(symbol))} />
    </section>
  );
}

function Price({ quote, isLive }: Readonly<{ quote: Quote | undefined; isLive: boolean }>) {
  if (!quote) return <span class="faint">waiting</span>;
  const direction = directionOf(quote);
  // With the moment as its key the element is a new one at each update, and its animation begins again.
  return (
    <>
      <span class="price" key={quote.as_of} data-symbol={quote.symbol}>
        {formatPrice(quote.c)}
      </span>
      <span class="change" data-direction={direction}>
        {formatPercent(quote.dp)}
      </span>
      <Age at={quote.as_of} isLive={isLive} />
    </>
  );
}

function AddSymbol({ onAdd }: Readonly<{ onAdd(symbol: string): Promise<void> }>) {
  const [symbol, setSymbol] = useState('');
  const { isBusy, failure, run } = useDeed();
  const onSubmit = (event: Event) => {
    event.preventDefault();
    void run(() => onAdd(symbol.trim()).then(() => setSymbol('')));
  };
  return (
    <form class="add" onSubmit={onSubmit}>
      <label for="add-symbol" class="hidden">
        Symbol to watch
      </label>
      <input
        id="add-symbol"
        value={symbol}
        onInput={({ currentTarget }) => setSymbol(currentTarget.value)}
        placeholder="Symbol"
        autocomplete="off"
        autocapitalize="characters"
        spellcheck={false}
        maxLength={32}
        required
        aria-invalid={failure !== ''}
        aria-describedby="add-refusal"
      />
      <button type="submit" aria-disabled={isBusy}>
        {isBusy ? 'Asking' : 'Add'}
      </button>
      <p role="alert" id="add-refusal">
        {failure}
      </p>
    </form>
  );
}
