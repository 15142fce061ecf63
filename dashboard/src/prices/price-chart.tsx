import { useState } from 'preact/hooks';
import { Switch } from '../parts/switch.tsx';
import { BarLegend } from './bar-legend.tsx';
import { intervalNames, intervals, rangeNames, ranges, type Stretch, withInterval, withRange } from './bars.ts';
import { shortName } from '../../../src/market/price-words.ts';
import type { Quote } from './quote.ts';
import { useCandles } from './use-candles.ts';

type Shown = Readonly<{ symbol: string; quote: Quote | undefined; resets: number }>;

/** The stored prices of a symbol as candles, and each new price as it comes; read anew when some may be missing. */
export function PriceChart({ symbol, quote, resets }: Shown) {
  const [stretch, choose] = useState<Stretch>({ interval: '1m', range: '6h' });
  const { place, newest, looked, failure, step, leave } = useCandles({ symbol, quote, stretch, resets });
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined && event.key !== 'Escape') return;
    event.preventDefault();
    if (by === undefined) leave();
    else step(by);
  };
  const every = intervals[stretch.interval].words;
  return (
    <>
      <figure
        class="chart"
        tabIndex={0}
        aria-label={`${shortName(symbol)} in candles of ${every}. The arrow keys move from candle to candle.`}
        data-newest={newest && JSON.stringify(newest)}
        onKeyDown={onKeyDown}
        onBlur={leave}
      >
        <div ref={place} class="canvas" aria-hidden="true" />
        {failure && <p class="note">The history could not be read. {failure.message}</p>}
        {!failure && !newest && <p class="note">The first candle comes with the first price.</p>}
      </figure>
      {newest && <BarLegend bar={looked ?? newest} isLooked={looked !== undefined} every={every} />}
      <div class="below">
        <Switch
          legend="How far back"
          names={rangeNames}
          wordsOf={(name) => ranges[name].words}
          chosen={stretch.range}
          onChoose={(name) => choose(withRange(stretch, name))}
        />
        <Switch
          legend="Length of a candle"
          names={intervalNames}
          wordsOf={(name) => intervals[name].words}
          chosen={stretch.interval}
          onChoose={(name) => choose(withInterval(stretch, name))}
        />
      </div>
    </>
  );
}
