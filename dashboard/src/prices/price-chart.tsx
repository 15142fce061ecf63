import { useRef, useState } from 'preact/hooks';
import { Switch } from '../parts/switch.tsx';
import { BarLegend } from './bar-legend.tsx';
import { intervalNames, intervals, rangeNames, ranges, type Stretch, withInterval, withRange } from './bars.ts';
import { shortName } from '../../../src/market/price-words.ts';
import type { Quote } from './quote.ts';
import { useCandles } from './use-candles.ts';

type Shown = Readonly<{
  symbol: string;
  quote: Quote | undefined;
  resets: number;
  /** What a price that is clicked at, or a candle's by Enter, is for; left out where it is for nothing. */
  onPick?: ((price: number) => void) | undefined;
}>;

/** The stored prices of a symbol as candles, and each new price as it comes; read anew when some may be missing. */
export function PriceChart({ symbol, quote, resets, onPick }: Shown) {
  const [stretch, choose] = useState<Stretch>({ interval: '1m', range: '6h' });
  const picking = useRef(onPick);
  picking.current = onPick;
  const candles = useCandles({ symbol, quote, stretch, resets, onPick: (price) => picking.current?.(price) });
  const { place, newest, looked, failure, leave } = candles;
  const onKeyDown = (event: KeyboardEvent) => {
    const deed = deedOf(event.key, candles);
    if (!deed) return;
    event.preventDefault();
    deed();
  };
  const every = intervals[stretch.interval].words;
  const taking = onPick ? '; Enter takes its price for an alert' : '';
  const keys = `The arrow keys move from candle to candle${taking}.`;
  return (
    <>
      <figure
        class="chart"
        tabIndex={0}
        aria-label={`${shortName(symbol)} in candles of ${every}. ${keys}`}
        data-newest={newest && JSON.stringify(newest)}
        onKeyDown={onKeyDown}
        onBlur={leave}
      >
        <div ref={place} class="canvas" aria-hidden="true" />
        {failure && <p class="note">The history could not be read. {failure.message}</p>}
        {!failure && !newest && <p class="note">The first candle comes with the first price.</p>}
      </figure>
      {newest && <BarLegend bar={looked ?? newest} isLooked={looked !== undefined} every={every} />}
      <StretchChoice stretch={stretch} onChoose={choose} />
    </>
  );
}

function deedOf(key: string, { step, leave, pick }: ReturnType<typeof useCandles>): (() => void) | undefined {
  if (key === 'ArrowLeft') return () => step(-1);
  if (key === 'ArrowRight') return () => step(1);
  return { Escape: leave, Enter: pick }[key];
}

function StretchChoice({ stretch, onChoose }: Readonly<{ stretch: Stretch; onChoose(stretch: Stretch): void }>) {
  return (
    <div class="below">
      <Switch
        legend="How far back"
        names={rangeNames}
        wordsOf={(name) => ranges[name].words}
        chosen={stretch.range}
        onChoose={(name) => onChoose(withRange(stretch, name))}
      />
      <Switch
        legend="Length of a candle"
        names={intervalNames}
        wordsOf={(name) => intervals[name].words}
        chosen={stretch.interval}
        onChoose={(name) => onChoose(withInterval(stretch, name))}
      />
    </div>
  );
}
