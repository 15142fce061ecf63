import { useMemo } from 'preact/hooks';
import { ask } from '../api/ask-api.ts';
import { toldNow } from '../api/server-clock.ts';
import { useReading } from '../api/use-reading.ts';
import { duration } from '../parts/duration.ts';
import { formatTime } from './quote.ts';

type Hole = Readonly<{ from: string; to: string; seconds: number; observed: number }>;

/** How much of the last hour is known trade by trade; nothing where no trades are told. */
export type Complete = Readonly<{
  is_live: boolean;
  covered_seconds: number;
  covered_until: string | null;
  holes: readonly Hole[];
}>;

const hourMs = 3_600_000;
const everyMs = 10_000;
const mostShown = 10;

/** Reads it now and again. */
export function useCompleteness(symbol: string | undefined): Complete | undefined {
  const read = useMemo(() => {
    if (symbol === undefined) return undefined;
    const path = `/market/completeness?symbol=${encodeURIComponent(symbol)}`;
    return async () => ask<Complete>('GET', `${path}&from=${new Date((await toldNow()) - hourMs).toISOString()}`);
  }, [symbol]);
  return useReading<Complete>(read, everyMs).value;
}

/** Beside a chart: up to when all trades are in it, and of which times some may be missing. */
export function Completeness({ of }: Readonly<{ of: Complete | undefined }>) {
  if (!of?.is_live) return null;
  const { covered_seconds: seconds, covered_until: until, holes } = of;
  return (
    <details class="faint" data-covered-until={until ?? ''}>
      <summary>
        {until === null
          ? 'No trades of the last hour yet'
          : `All trades of ${duration(Math.round(seconds))} of the last hour, up to ${formatTime(until)}`}
        {holes.length > 0 && `; ${holes.length === 1 ? 'one hole' : `${holes.length} holes`}`}
      </summary>
      <ul>
        {holes.slice(-mostShown).map(({ from, to, observed }) => (
          <li key={from}>
            Trades may be missing from {formatTime(from)} to {formatTime(to)}
            {observed > 0 && `; ${observed === 1 ? 'one price was' : `${observed} prices were`} asked for in between`}
          </li>
        ))}
      </ul>
    </details>
  );
}
