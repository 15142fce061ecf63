import {
  CandlestickSeries,
  createChart,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  type UTCTimestamp,
} from 'lightweight-charts';
import type { Bar } from './bars.ts';
import { chartLayout, followColours } from './chart-style.ts';

/** A chart on the page. */
export type DrawnChart = Readonly<{
  /** Shows these bars, oldest first; with `isAll` all of them, else what the reader has chosen to see stays in sight. */
  show(bars: readonly Bar[], isAll: boolean): void;
  /** Moves the crosshair by so many bars, from the newest where there is none yet. */
  step(by: number): void;
  /** Takes the crosshair away. */
  leave(): void;
  /** Picks the last price of the bar that is looked at, as a click picks the price under it. */
  pick(): void;
  remove(): void;
}>;

type Series = Readonly<{ candles: ISeriesApi<'Candlestick'>; columns: ISeriesApi<'Histogram'> }>;

// As long as there are so few, all of them are shown.
const fewBars = 60;

type Hearing = Readonly<{
  /** The bar under the crosshair, by when it begins, in seconds. */
  onLook(t: number | undefined): void;
  /** A price that somebody has clicked at. */
  onPick(price: number): void;
}>;

/** Draws an empty chart into `place`: candles, and below them of how many observations each is made. */
export function drawChart(place: HTMLElement, { onLook, onPick }: Hearing): DrawnChart {
  const chart = createChart(place, { autoSize: true, ...chartLayout });
  const { candles, columns } = addSeries(chart);
  const stopFollowing = followColours({ chart, candles, columns });
  let shown: readonly Bar[] = [];
  let looked: number | undefined;
  const lookAt = (t: number | undefined) => {
    looked = t;
    onLook(t);
  };
  chart.subscribeCrosshairMove(({ time: at }) => lookAt(at === undefined ? undefined : Number(at)));
  chart.subscribeClick(({ point }) => {
    const price = point && candles.coordinateToPrice(point.y);
    if (typeof price === 'number' && price > 0) onPick(price);
  });
  return {
    show(bars, isAll) {
      shown = bars;
      candles.setData(bars.map(({ t, o, h, l, c }) => ({ time: time(t), open: o, high: h, low: l, close: c })));
      columns.setData(bars.map(({ t, n }) => ({ time: time(t), value: n })));
      if (isAll || bars.length < fewBars) chart.timeScale().fitContent();
    },
    step(by) {
      const from = looked === undefined ? shown.length : shown.findIndex(({ t }) => t === looked);
      const next = shown[Math.max(0, Math.min(shown.length - 1, from + by))];
      if (!next) return;
      chart.setCrosshairPosition(next.c, time(next.t), candles);
      lookAt(next.t);
    },
    leave() {
      chart.clearCrosshairPosition();
      lookAt(undefined);
    },
    pick() {
      const bar = shown.find(({ t }) => t === looked);
      if (bar) onPick(bar.c);
    },
    remove() {
      stopFollowing();
      chart.remove();
    },
  };
}

function addSeries(chart: IChartApi): Series {
  const columns = chart.addSeries(HistogramSeries, {
    // No scale of its own: the figure is in the legend.
    priceScaleId: '',
    priceFormat: { type: 'volume' },
    lastValueVisible: false,
    priceLineVisible: false,
  });
  columns.priceScale().applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
  return { columns, candles: chart.addSeries(CandlestickSeries, { borderVisible: false }) };
}

// The library marks its seconds with a type of its own, which only an assertion can make; any whole number is one.
function time(seconds: number): UTCTimestamp {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion, typescript/consistent-type-assertions
  return seconds as UTCTimestamp;
}
