import { useEffect, useRef, useState } from 'preact/hooks';
import { Refused } from '../api/refused.ts';
import { onFair } from '../api/weather.ts';
import { openBarBook } from './bar-book.ts';
import { type Bar, barOf, readBars, type Stretch } from './bars.ts';
import type { DrawnChart } from './draw-chart.ts';
import type { Quote } from './quote.ts';

type Shown = Readonly<{
  symbol: string;
  quote: Quote | undefined;
  stretch: Stretch;
  resets: number;
  onPick(price: number): void;
}>;
type Telling = Readonly<{
  place: Readonly<{ current: HTMLDivElement | null }>;
  onNewest(bar: Bar | undefined): void;
  onLook(t: number | undefined): void;
  onPick(price: number): void;
  onFailure(error: Error): void;
}>;

/** The candles of a symbol in an element of the page, as they are stored and as each new price makes them. */
export function useCandles({ symbol, quote, stretch, resets, onPick }: Shown) {
  const place = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing>(undefined);
  const [newest, setNewest] = useState<Bar>();
  const [looked, setLooked] = useState<number>();
  const { failure, setFailure, tries } = useTries();

  useEffect(() => {
    setNewest(undefined);
    setLooked(undefined);
    setFailure(undefined);
    const telling = { place, onNewest: setNewest, onLook: setLooked, onPick, onFailure: setFailure };
    const own = openDrawing(symbol, stretch, telling);
    drawing.current = own;
    return () => own.close();
  }, [symbol, stretch, tries]);
  const answered = useRef(resets);
  useEffect(() => {
    if (answered.current !== resets) drawing.current?.again();
    answered.current = resets;
  }, [resets]);
  useEffect(() => {
    if (quote) drawing.current?.add(quote);
  }, [quote, stretch]);
  return {
    place,
    newest,
    /** The one under the crosshair. */
    looked: drawing.current?.at(looked),
    failure,
    step: (by: number) => drawing.current?.chart()?.step(by),
    leave: () => drawing.current?.chart()?.leave(),
    pick: () => drawing.current?.chart()?.pick(),
  };
}

type Drawing = ReturnType<typeof openDrawing>;

/** Reads the past, and fetches what draws it, which is most of the page and so comes behind the rest of it. */
function openDrawing(symbol: string, stretch: Stretch, { place, onNewest, onLook, onPick, onFailure }: Telling) {
  const book = openBarBook();
  let chart: DrawnChart | undefined;
  let isGone = false;
  const show = (isAll = false) => {
    const bars = book.inOrder();
    chart?.show(bars, isAll);
    onNewest(bars.at(-1));
  };
  const read = async (isAll: boolean) => {
    book.begin();
    const { to, data } = await readBars(symbol, stretch);
    if (isGone) return;
    book.start(data, Date.parse(to));
    show(isAll);
  };
  const draw = async () => {
    const { drawChart } = await import('./draw-chart.ts');
    if (isGone || !place.current) return;
    chart = drawChart(place.current, { onLook, onPick });
    show(true);
  };
  const fail = (error: Error) => isGone || onFailure(error);
  for (const work of [read(true), draw()]) work.catch(fail);
  return {
    at: book.at,
    chart: () => chart,
    /** Reads the past once more, in which something may have been missing; what is looked at stays in view. */
    again: () => void read(false).catch(fail),
    add(quote: Quote) {
      book.add(barOf(quote, stretch.interval), Date.parse(quote.as_of));
      show();
    },
    close() {
      isGone = true;
      chart?.remove();
    },
  };
}

/** A reading that has failed, and is to be tried again when it may be answered otherwise. */
function useTries() {
  const [failure, setFailure] = useState<Error>();
  const [tries, setTries] = useState(0);
  useEffect(() => {
    if (failure instanceof Refused && failure.isWeather) return onFair(() => setTries((count) => count + 1));
    return undefined;
  }, [failure]);
  return { failure, setFailure, tries };
}
