import { useEffect, useState } from 'preact/hooks';
import { followStream, type StreamEvent } from '../api/follow-stream.ts';
import { useRoom } from '../api/front-window.ts';
import type { Quote } from './quote.ts';

type Tick = Readonly<{ symbol: string; p: number; t: number }>;

const type = 'tick';

/**
 * The price of a symbol as it moves from trade to trade, where trades are told and there is room for them; the rest stays that of the
 * stored quote.
 */
export function useTicks(symbol: string | undefined, isLive: boolean, quote: Quote | undefined): Quote | undefined {
  const [tick, setTick] = useState<Tick>();
  const hasRoom = useRoom();
  useEffect(() => {
    if (symbol === undefined || !isLive || !hasRoom) return undefined;
    const path = `/streams/market?types=${type}&symbols=${encodeURIComponent(symbol)}`;
    // Of ticks nothing is read again: the next one says all.
    return followStream(path, [type], { onEvent: (event) => setTick(tickOf(event)), onReset() {}, onState() {} });
  }, [symbol, isLive, hasRoom]);
  if (!quote || tick?.symbol !== quote.symbol || tick.t <= Date.parse(quote.as_of)) return quote;
  return moved(quote, tick);
}

function moved(quote: Quote, { p, t }: Tick): Quote {
  const { pc, h, l } = quote;
  return {
    ...quote,
    c: p,
    d: pc === null ? null : p - pc,
    dp: pc === null || pc === 0 ? null : ((p - pc) / pc) * 100,
    h: h === null ? null : Math.max(h, p),
    l: l === null ? null : Math.min(l, p),
    t: Math.floor(t / 1_000),
    as_of: new Date(t).toISOString(),
  };
}

// The data of a tick is the API's promise.
function tickOf({ data }: StreamEvent): Tick {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion, typescript/consistent-type-assertions
  return data as Tick;
}
