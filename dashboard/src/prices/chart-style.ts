import type { IChartApi, ISeriesApi } from 'lightweight-charts';
import { formatPrice } from '../../../src/market/price-words.ts';

/** How the chart is laid out. */
export const chartLayout = {
  layout: { background: { color: 'transparent' }, attributionLogo: false, fontSize: 12 },
  grid: { vertLines: { visible: false } },
  // Below the candles is room for the columns.
  rightPriceScale: { borderVisible: false, entireTextOnly: true, scaleMargins: { top: 0.12, bottom: 0.22 } },
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
  localization: { priceFormatter: formatPrice, timeFormatter: formatBarTime },
  handleScroll: { vertTouchDrag: false },
};

/** The moment at which a bar begins. */
export function formatBarTime(at: number): string {
  return clock(at, { timeStyle: 'short', dateStyle: 'medium' });
}

// The library's kinds of marks: up to 2 are years, months and days, above are times of day.
function tickMark(at: number, kind: number): string {
  return clock(at, kind <= 2 ? { day: 'numeric', month: 'short' } : { hour: '2-digit', minute: '2-digit' });
}

function clock(seconds: number, parts: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(undefined, { ...parts, hourCycle: 'h23' }).format(seconds * 1_000);
}

type Coloured = Readonly<{ chart: IChartApi; candles: ISeriesApi<'Candlestick'>; columns: ISeriesApi<'Histogram'> }>;

/** Gives a chart the colours of the page, and follows them from light to dark until it is told to stop. */
export function followColours({ chart, candles, columns }: Coloured): () => void {
  const apply = () => {
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name);
    chart.applyOptions({
      layout: { textColor: colour('--faint'), fontFamily: style.fontFamily },
      grid: { horzLines: { color: colour('--line') } },
    });
    const [up, down] = [colour('--accent'), colour('--down')];
    candles.applyOptions({ upColor: up, wickUpColor: up, downColor: down, wickDownColor: down });
    columns.applyOptions({ color: colour('--line') });
  };
  apply();
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', apply);
  return () => dark.removeEventListener('change', apply);
}
