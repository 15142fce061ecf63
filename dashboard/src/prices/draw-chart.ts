import { CandlestickSeries, createChart, type IChartApi, type ISeriesApi, type UTCTimestamp } from 'lightweight-charts';
import { type Bar, joinBars } from './bars.ts';
import { formatPrice } from './quote.ts';

/** A chart on the page; both ways to add bars answer the newest one. */
export type DrawnChart = Readonly<{
  /** Lays the past under what has been added meanwhile. */
  start(past: readonly Bar[]): Bar | undefined;
  /** Adds what came after all that is there. */
  add(bar: Bar): Bar | undefined;
  remove(): void;
}>;

// As long as there are so few, all of them are shown; later the reader's own choice of what to see stays.
const fewBars = 60;

/** Draws an empty chart of candles into `place`, in the colours of the page, and follows them from light to dark. */
export function drawChart(place: HTMLElement): DrawnChart {
  const chart = createChart(place, { autoSize: true, ...layout() });
  const series = chart.addSeries(CandlestickSeries, { borderVisible: false });
  const bars = new Map<number, Bar>();
  const show = () => {
    const inOrder = [...bars.values()].toSorted((a, b) => a.t - b.t);
    series.setData(inOrder.map(({ t, o, h, l, c }) => ({ time: time(t), open: o, high: h, low: l, close: c })));
    if (bars.size < fewBars) chart.timeScale().fitContent();
    return inOrder.at(-1);
  };
  const stopFollowing = followColours(chart, series);
  return {
    start(past) {
      for (const bar of past) bars.set(bar.t, joinBars(bar, bars.get(bar.t) ?? bar));
      const newest = show();
      chart.timeScale().fitContent();
      return newest;
    },
    add(bar) {
      bars.set(bar.t, joinBars(bars.get(bar.t) ?? bar, bar));
      return show();
    },
    remove() {
      stopFollowing();
      chart.remove();
    },
  };
}

function layout() {
  return {
    layout: { background: { color: 'transparent' }, attributionLogo: false, fontSize: 12 },
    grid: { vertLines: { visible: false } },
    rightPriceScale: { borderVisible: false, entireTextOnly: true, scaleMargins: { top: 0.12, bottom: 0.08 } },
    timeScale: {
      borderVisible: false,
      timeVisible: true,
      secondsVisible: false,
      // Room for the half of the last label that stands to the right of its candle, at any width.
      rightOffsetPixels: 24,
      // A few bars would otherwise be as wide as the page.
      maxBarSpacing: 24,
      tickMarkFormatter: tickMark,
    },
    localization: {
      priceFormatter: formatPrice,
      timeFormatter: (at: number) => clock(at, { timeStyle: 'short', dateStyle: 'medium' }),
    },
    handleScroll: { vertTouchDrag: false },
  };
}

// The library's kinds of marks: up to 2 are years, months and days, above are times of day.
function tickMark(at: number, kind: number): string {
  return clock(at, kind <= 2 ? { day: 'numeric', month: 'short' } : { hour: '2-digit', minute: '2-digit' });
}

function clock(seconds: number, parts: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(undefined, { ...parts, hourCycle: 'h23' }).format(seconds * 1_000);
}

function followColours(chart: IChartApi, series: ISeriesApi<'Candlestick'>): () => void {
  const apply = () => {
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name);
    chart.applyOptions({
      layout: { textColor: colour('--faint'), fontFamily: style.fontFamily },
      grid: { horzLines: { color: colour('--line') } },
    });
    const [up, down] = [colour('--accent'), colour('--down')];
    series.applyOptions({ upColor: up, wickUpColor: up, downColor: down, wickDownColor: down });
  };
  apply();
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', apply);
  return () => dark.removeEventListener('change', apply);
}

// The library marks its seconds with a type of its own, which only an assertion can make; any whole number is one.
function time(seconds: number): UTCTimestamp {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion, typescript/consistent-type-assertions
  return seconds as UTCTimestamp;
}
