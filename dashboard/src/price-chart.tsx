import { useEffect, useRef, useState } from 'preact/hooks';
import { ask } from './ask-api.ts';
import { type ChartPoint, drawChart, type DrawnChart } from './draw-chart.ts';
import { formatPrice, pricePath, type Quote, shortName } from './quote.ts';

const hoursShown = 6;

type Shown = Readonly<{ symbol: string; quote: Quote | undefined }>;

/** The stored prices of a symbol over the last hours, and each new one as it comes. */
export function PriceChart({ symbol, quote }: Shown) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<DrawnChart>(undefined);
  const [points, setPoints] = useState<number>();
  const [failure, setFailure] = useState('');

  useEffect(() => {
    if (!place.current) return undefined;
    const drawn = drawChart(place.current);
    chart.current = drawn;
    let isGone = false;
    history(symbol).then(
      (past) => !isGone && setPoints(drawn.start(past)),
      (error: Error) => !isGone && setFailure(error.message),
    );
    return () => {
      isGone = true;
      drawn.remove();
    };
  }, [symbol]);
  useEffect(() => {
    if (quote) setPoints(chart.current?.add(pointOf(quote)));
  }, [quote]);

  const isEmpty = points === undefined || points < 2;
  const said = quote
    ? `${shortName(symbol)} over the last hours, now ${formatPrice(quote.c)}.`
    : `${symbol}, no price.`;
  return (
    <figure class="chart" aria-label={said}>
      <div ref={place} class="canvas" aria-hidden="true" />
      {failure !== '' && <p class="note">The history could not be read. {failure}</p>}
      {failure === '' && isEmpty && <p class="note">The line begins with the second price.</p>}
    </figure>
  );
}

async function history(symbol: string): Promise<ChartPoint[]> {
  const from = new Date(Date.now() - hoursShown * 3_600_000).toISOString();
  const { data } = await ask<{ data: Quote[] }>('GET', `${pricePath(symbol, '/history')}&from=${from}`);
  return data.map(pointOf);
}

function pointOf({ as_of, c }: Pick<Quote, 'as_of' | 'c'>): ChartPoint {
  return { seconds: Math.floor(Date.parse(as_of) / 1_000), value: c };
}
