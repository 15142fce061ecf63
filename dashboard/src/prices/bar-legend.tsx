import type { Bar } from './bars.ts';
import { formatBarTime } from './chart-style.ts';
import { formatPrice } from '../../../src/market/price-words.ts';

const count = new Intl.NumberFormat('en-US');

type Shown = Readonly<{ bar: Bar; isLooked: boolean; every: string }>;

/** A candle in figures, for who cannot see it and who wants to know exactly: the one that is looked at, else the newest. */
export function BarLegend({ bar: { t, o, h, l, c, n }, isLooked, every }: Shown) {
  const figures = {
    O: ['Open', formatPrice(o)],
    H: ['High', formatPrice(h)],
    L: ['Low', formatPrice(l)],
    C: ['Last', formatPrice(c)],
    N: ['Observations', count.format(n)],
  } as const;
  return (
    <dl
      class="legend"
      aria-label={isLooked ? 'The candle that is looked at' : `The newest ${every}`}
      aria-live={isLooked ? 'polite' : 'off'}
      data-bar={t}
    >
      <div>
        <dt class="hidden">Begins</dt>
        <dd>{formatBarTime(t)}</dd>
      </div>
      {Object.entries(figures).map(([letter, [name, value]]) => (
        <div key={letter}>
          <dt>
            <abbr title={name}>{letter}</abbr>
          </dt>
          <dd data-figure={letter}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
