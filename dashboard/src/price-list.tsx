import { useState } from 'preact/hooks';
import { directionOf, formatPercent, formatPrice, type Quote, shortName } from './quote.ts';
import { Sparkline } from './sparkline.tsx';
import { Counted } from './counted.tsx';
import type { Prices } from './use-prices.ts';

type Listed = Readonly<{ prices: Prices; chosen: string | undefined; onChoose(symbol: string): void }>;

/** The watched symbols with their prices; choosing one shows it large. */
export function PriceList({ prices, chosen, onChoose }: Listed) {
  return (
    <section class="prices" aria-labelledby="prices">
      <h2 id="prices">Prices</h2>
      <ul>
        {prices.symbols.map((symbol) => (
          <li key={symbol}>
            <button type="button" class="row" aria-pressed={symbol === chosen} onClick={() => onChoose(symbol)}>
              <span class="name">{shortName(symbol)}</span>
              <Sparkline values={prices.trails.get(symbol) ?? []} />
              <Price quote={prices.quotes.get(symbol)} />
            </button>
          </li>
        ))}
      </ul>
      <Counted tally={prices.tally} />
      <AddSymbol onAdd={async (symbol) => onChoose(await prices.add(symbol))} />
    </section>
  );
}

function Price({ quote }: Readonly<{ quote: Quote | undefined }>) {
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
    </>
  );
}

function AddSymbol({ onAdd }: Readonly<{ onAdd(symbol: string): Promise<void> }>) {
  const [symbol, setSymbol] = useState('');
  const [refusal, setRefusal] = useState('');
  const [isBusy, setIsBusy] = useState(false);
  const add = async () => {
    setIsBusy(true);
    setRefusal('');
    await onAdd(symbol.trim()).then(
      () => setSymbol(''),
      (error: Error) => setRefusal(error.message),
    );
    setIsBusy(false);
  };
  return (
    <form
      class="add"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
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
      />
      <button type="submit" disabled={isBusy}>
        {isBusy ? 'Asking' : 'Add'}
      </button>
      <p role="alert">{refusal}</p>
    </form>
  );
}
