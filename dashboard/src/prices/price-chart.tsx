import { useEffect, useRef, useState } from 'preact/hooks';
import { type Bar, barOf, type Interval, intervals, readBars } from './bars.ts';
import { drawChart, type DrawnChart } from './draw-chart.ts';
import { IntervalSwitch } from './interval-switch.tsx';
import { formatPrice, type Quote, shortName } from './quote.ts';
import { Refused } from '../api/refused.ts';
import { onFair } from '../api/weather.ts';

type Shown = Readonly<{ symbol: string; quote: Quote | undefined; resets: number }>;

/** The stored prices of a symbol as candles, and each new price as it comes; read anew when some may be missing. */
export function PriceChart({ symbol, quote, resets }: Shown) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<DrawnChart>(undefined);
  const [interval, choose] = useState<Interval>('1m');
  const [newest, setNewest] = useState<Bar>();
  const [failure, setFailure] = useState<Error>();
  const [tries, setTries] = useState(0);

  useEffect(() => {
    if (!place.current) return undefined;
    const drawn = drawChart(place.current);
    chart.current = drawn;
    let isGone = false;
    setNewest(undefined);
    setFailure(undefined);
    readBars(symbol, interval).then(
      (past) => !isGone && setNewest(drawn.start(past)),
      (error: Error) => !isGone && setFailure(error),
    );
    return () => {
      isGone = true;
      drawn.remove();
    };
  }, [symbol, interval, resets, tries]);
  useEffect(() => {
    // It is read again when it may be answered otherwise.
    if (failure instanceof Refused && failure.isWeather) return onFair(() => setTries((count) => count + 1));
    return undefined;
  }, [failure]);
  useEffect(() => {
    if (quote) setNewest(chart.current?.add(barOf(quote, interval)));
  }, [quote, interval]);

  const every = intervals[interval].words;
  return (
    <>
      <figure
        class="chart"
        aria-label={`${shortName(symbol)} in candles of ${every}.`}
        data-newest={newest && JSON.stringify(newest)}
      >
        <div ref={place} class="canvas" aria-hidden="true" />
        {failure && <p class="note">The history could not be read. {failure.message}</p>}
        {!failure && !newest && <p class="note">The first candle comes with the first price.</p>}
      </figure>
      <div class="below">
        <IntervalSwitch chosen={interval} onChoose={choose} />
        {newest && <NewestBar bar={newest} every={every} />}
      </div>
    </>
  );
}

/** The newest candle in figures, for who cannot see it and who wants to know exactly. */
function NewestBar({ bar: { o, h, l, c }, every }: Readonly<{ bar: Bar; every: string }>) {
  const figures = { O: ['Open', o], H: ['High', h], L: ['Low', l], C: ['Last', c] } as const;
  return (
    <dl class="newest" aria-label={`The newest ${every}`}>
      {Object.entries(figures).map(([letter, [name, value]]) => (
        <div key={letter}>
          <dt>
            <abbr title={name}>{letter}</abbr>
          </dt>
          <dd>{formatPrice(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
