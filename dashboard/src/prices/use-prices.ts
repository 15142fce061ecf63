import { useEffect, useMemo, useState } from 'preact/hooks';
import { ask } from '../api/ask-api.ts';
import { followStream, type LiveState, type StreamEvent } from '../api/follow-stream.ts';
import { marketEvents, priceEvents } from '../api/heard-events.ts';
import { pricePath, type Quote } from './quote.ts';
import { Refused } from '../api/refused.ts';
import { settings } from '../api/settings.ts';
import {
  listOf,
  onSymbols,
  readSymbols,
  useSymbols,
  withAdded,
  withMoved,
  withMoving,
  withRemoved,
} from './symbols.ts';
import { type Tally, useTally } from '../api/use-tally.ts';
import { openReading } from '../api/weather.ts';
import { useTrails } from './use-trails.ts';

/** The prices on the page, and what can be done with them. */
export type Prices = Readonly<{
  symbols: readonly string[];
  quotes: ReadonlyMap<string, Quote>;
  /** The last prices of each symbol, oldest first. */
  trails: ReadonlyMap<string, readonly number[]>;
  state: LiveState;
  tally: Tally;
  /** How often prices may have been missed, so that what was read before is to be read again. */
  resets: number;
  /** Adds a symbol, and remembers it in this browser. @throws Refused when the provider does not know it. */
  add(symbol: string): Promise<string>;
  /** Takes off one that was not there for everybody. */
  remove(symbol: string): void;
  /** Puts one in the place of another, here and for later visits. */
  move(symbol: string, place: string): void;
}>;

const mostAtOnce = 50;
const mostTries = 5;

// They come with the page, whose largest part they are.
const first: ReadonlyMap<string, Quote> = newest(new Map(), quotesOf(settings.quotes));

/** Keeps the prices of the watched symbols current: the stored copies first, then every update as it is announced. */
export function usePrices(): Prices {
  const [all, setAll] = useSymbols();
  const [quotes, setQuotes] = useState<ReadonlyMap<string, Quote>>(first);
  const [state, setState] = useState<LiveState>('connecting');
  const [resets, setResets] = useState(0);
  const { tally, note } = useTally();

  const symbols = useMemo(() => listOf(all), [all]);
  const trails = useTrails(symbols, quotes);
  const put = (some: readonly Quote[]) => setQuotes((old) => newest(old, some));
  useEffect(() => {
    let isFirst = true;
    const copies = openReading(async () => put(await stored(listOf(readSymbols()))));
    // All are read once nothing can be missed any longer; what has not come with the page is not waited for so long.
    if (symbols.some((symbol) => !first.has(symbol))) copies.read();
    const onReset = () => {
      copies.read();
      if (!isFirst) setResets((count) => count + 1);
      isFirst = false;
    };
    const onEvent = (event: StreamEvent) => {
      note(event);
      if (!priceEvents.includes(event.type)) return;
      const quote = quoteOf(event.data);
      put([quote]);
      setAll((old) => withMoving(old, quote.symbol));
    };
    const stop = followStream('/streams/market', marketEvents, { onEvent, onReset, onState: setState });
    // Of a symbol from another tab, the price may have been announced long ago.
    const stopHearing = onSymbols(copies.read);
    return () => {
      stop();
      stopHearing();
      copies.close();
    };
  }, []);

  return {
    symbols,
    quotes,
    trails,
    state,
    tally,
    resets,
    async add(symbol) {
      const quote = await awaitPrice(symbol);
      put([quote]);
      setAll((old) => withAdded(old, quote.symbol));
      return quote.symbol;
    },
    remove: (symbol) => setAll((old) => withRemoved(old, symbol)),
    move: (symbol, place) => setAll((old) => withMoved(old, symbol, place)),
  };
}

/** A price that nobody has asked for yet, once it has been fetched. */
async function awaitPrice(symbol: string): Promise<Quote> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    // The API waits some seconds for it, and then says whose job it is.
    const quote = await ask<Quote & { job_id?: string }>('GET', pricePath(symbol));
    if (quote.job_id === undefined) return quote;
  }
  throw new Refused(202, 'The price is still being fetched; try again in a moment.');
}

async function stored(symbols: readonly string[]): Promise<Quote[]> {
  if (symbols.length === 0) return [];
  const names = symbols.slice(0, mostAtOnce).map(encodeURIComponent).join();
  const { data } = await ask<{ data: Quote[] }>('GET', `/market/quotes?symbols=${names}`);
  return [...data, ...(await stored(symbols.slice(mostAtOnce)))];
}

/** A copy that was read may be older than what has been announced meanwhile. */
function newest(old: ReadonlyMap<string, Quote>, some: readonly Quote[]): ReadonlyMap<string, Quote> {
  const map = new Map(old);
  for (const quote of some) {
    const had = map.get(quote.symbol);
    if (!had || had.as_of <= quote.as_of) map.set(quote.symbol, quote);
  }
  return map;
}

// The API has written them into the page itself.
function quotesOf(json: string): readonly Quote[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion, typescript/consistent-type-assertions
  return JSON.parse(json) as readonly Quote[];
}

// The data of the two types of prices is a quote.
function quoteOf(data: Record<string, unknown>): Quote {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion, typescript/consistent-type-assertions
  return data as Quote;
}
