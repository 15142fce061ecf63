import { useEffect, useRef, useState } from 'preact/hooks';
import { Refused } from '../api/refused.ts';
import { onFair } from '../api/weather.ts';
import { type BarBook, openBarBook } from './bar-book.ts';
import { type Bar, barOf, readBars, type Stretch } from './bars.ts';
import { drawChart, type DrawnChart } from './draw-chart.ts';
import type { Quote } from './quote.ts';

type Drawing = Readonly<{ book: BarBook; chart: DrawnChart }>;
type Shown = Readonly<{ symbol: string; quote: Quote | undefined; stretch: Stretch; resets: number }>;

/** The candles of a symbol in an element of the page, as they are stored and as each new price makes them. */
export function useCandles({ symbol, quote, stretch, resets }: Shown) {
  const place = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing>(undefined);
  const [newest, setNewest] = useState<Bar>();
  const [looked, setLooked] = useState<number>();
  const { failure, setFailure, tries } = useTries();
  const show = ({ book, chart }: Drawing, isAll = false) => {
    const bars = book.inOrder();
    chart.show(bars, isAll);
    setNewest(bars.at(-1));
  };

  useEffect(() => {
    if (!place.current) return undefined;
    const own = { book: openBarBook(), chart: drawChart(place.current, setLooked) };
    drawing.current = own;
    let isGone = false;
    setNewest(undefined);
    setLooked(undefined);
    setFailure(undefined);
    const begin = async () => {
      const { to, data } = await readBars(symbol, stretch);
      if (isGone) return;
      own.book.start(data, Date.parse(to));
      show(own, true);
    };
    begin().catch((error: Error) => !isGone && setFailure(error));
    return () => {
      isGone = true;
      own.chart.remove();
    };
  }, [symbol, stretch, resets, tries]);
  useEffect(() => {
    if (!quote || !drawing.current) return;
    drawing.current.book.add(barOf(quote, stretch.interval), Date.parse(quote.as_of));
    show(drawing.current);
  }, [quote, stretch]);
  return {
    place,
    newest,
    /** The one under the crosshair. */
    looked: drawing.current?.book.at(looked),
    failure,
    step: (by: number) => drawing.current?.chart.step(by),
    leave: () => drawing.current?.chart.leave(),
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
