import { AreaSeries, createChart, type IChartApi, type ISeriesApi, type UTCTimestamp } from 'lightweight-charts';
import { formatPrice } from './quote.ts';

/** A price at a UNIX second. */
export type ChartPoint = Readonly<{ seconds: number; value: number }>;

/** A chart on the page; both ways to add points answer how many there are. */
export type DrawnChart = Readonly<{
  /** Lays the past under what has been added meanwhile. */
  start(past: readonly ChartPoint[]): number;
  add(point: ChartPoint): number;
  remove(): void;
}>;

// As long as there are so few, all of them are shown; later the reader's own choice of what to see stays.
const fewPoints = 60;

/** Draws an empty chart into `place`, in the colours of the page, and follows them from light to dark. */
export function drawChart(place: HTMLElement): DrawnChart {
  const chart = createChart(place, { autoSize: true, ...layout() });
  const series = chart.addSeries(AreaSeries, { lineWidth: 2, priceLineVisible: false });
  const points = new Map<number, number>();
  const show = () => {
    series.setData(
      [...points].toSorted(([a], [b]) => a - b).map(([seconds, value]) => ({ time: time(seconds), value })),
    );
    if (points.size < fewPoints) chart.timeScale().fitContent();
    return points.size;
  };
  const stopFollowing = followColours(chart, series);
  return {
    start(past) {
      for (const { seconds, value } of past) if (!points.has(seconds)) points.set(seconds, value);
      const size = show();
      chart.timeScale().fitContent();
      return size;
    },
    add({ seconds, value }) {
      points.set(seconds, value);
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
    rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.12, bottom: 0.08 } },
    timeScale: {
      borderVisible: false,
      timeVisible: true,
      secondsVisible: false,
      lockVisibleTimeRangeOnResize: true,
      tickMarkFormatter: (at: number) => clock(at, { hour: '2-digit', minute: '2-digit' }),
    },
    localization: {
      priceFormatter: formatPrice,
      timeFormatter: (at: number) => clock(at, { timeStyle: 'medium', dateStyle: 'medium' }),
    },
    handleScroll: { vertTouchDrag: false },
  };
}

function clock(seconds: number, parts: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(undefined, { ...parts, hourCycle: 'h23' }).format(seconds * 1_000);
}

function followColours(chart: IChartApi, series: ISeriesApi<'Area'>): () => void {
  const apply = () => {
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name);
    chart.applyOptions({
      layout: { textColor: colour('--faint'), fontFamily: style.fontFamily },
      grid: { horzLines: { color: colour('--line') } },
    });
    const accent = colour('--accent');
    series.applyOptions({ lineColor: accent, topColor: colour('--accent-wash'), bottomColor: 'transparent' });
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
