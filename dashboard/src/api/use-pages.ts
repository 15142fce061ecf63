import { useEffect, useRef, useState } from 'preact/hooks';
import { ask } from './ask-api.ts';
import { Refused } from './refused.ts';
import { onFair } from './weather.ts';

type Answer<Row> = Readonly<{ data: readonly Row[]; next_cursor: string | null }>;
type Known<Row> = Readonly<{ path: string; askedAtMs: number; rows: readonly Row[]; next: string | null }>;
/** From where on a list is read, or from its beginning, and how many rows at the least. */
type Wanted = Readonly<{ cursor?: string; least?: number }>;
type Missed = Readonly<{ wanted: Wanted; why: Refused }>;

// As many rows are read anew at the most: whoever had read more of a list reads on.
const mostAnew = 200;

/** A list that is read page by page; what has been read stays where it is. */
export type Pages<Row> = Readonly<{
  /** Undefined as long as nothing has been read. */
  rows: readonly Row[] | undefined;
  /** When what was read last was asked for, by `performance.now()`: what happened later may be missing in it. */
  askedAtMs: number | undefined;
  hasMore: boolean;
  isBusy: boolean;
  failure: string;
  more(): void;
  /** Reads it from the beginning. */
  again(): void;
  /** Reads anew what is shown, as far as it goes. */
  refresh(): void;
  /** Shows a row otherwise: undefined takes it off. */
  change(isIt: (row: Row) => boolean, row: Row | undefined): void;
}>;

/** Reads a list of the API, and reads it anew under another path. */
export function usePages<Row>(path: string): Pages<Row> {
  const [known, setKnown] = useState<Known<Row>>();
  const [missed, setMissed] = useState<Missed>();
  const [isBusy, setIsBusy] = useState(false);
  // An answer that was asked for under an earlier path is no answer any more.
  const turn = useRef(0);
  // What is told of the weather or clicked can come before the page has been drawn again.
  const isUnderWay = useRef(false);
  const read = async (wanted: Wanted) => {
    turn.current += 1;
    const own = turn.current;
    isUnderWay.current = true;
    setIsBusy(true);
    const askedAtMs = performance.now();
    const answer = await readRows<Row>(path, wanted).catch(asRefused);
    if (own !== turn.current) return;
    isUnderWay.current = false;
    setIsBusy(false);
    if (answer instanceof Refused) return setMissed({ wanted, why: answer });
    setMissed(undefined);
    const { data, next_cursor: next } = answer;
    const before = wanted.cursor === undefined ? () => [] : (old?: Known<Row>) => old?.rows ?? [];
    setKnown((old) => ({ path, askedAtMs, rows: [...before(old), ...data], next }));
  };
  // A slow answer is waited for, however often the weather is found fair meanwhile.
  const readUnlessUnderWay = (wanted: Wanted) => {
    if (!isUnderWay.current) void read(wanted);
  };
  useEffect(() => void read({}), [path]);
  useEffect(
    () => (missed?.why.isWeather ? onFair(() => readUnlessUnderWay(missed.wanted)) : undefined),
    [missed, path],
  );
  // The cursor of one list is none of another.
  const next = known?.path === path ? known.next : null;
  const shown = known?.path === path ? known.rows.length : 0;
  return {
    rows: known?.rows,
    askedAtMs: known?.askedAtMs,
    hasMore: next !== null,
    isBusy,
    failure: missed?.why.message ?? '',
    more: () => next !== null && readUnlessUnderWay({ cursor: next }),
    again: () => void read({}),
    refresh: () => void read({ least: Math.min(shown, mostAnew) }),
    change: (isIt, row) =>
      setKnown((old) => old && { ...old, rows: old.rows.flatMap((some) => (isIt(some) ? (row ?? []) : some)) }),
  };
}

/** One page, or as many as it takes. */
async function readRows<Row>(path: string, { cursor, least = 0 }: Wanted): Promise<Answer<Row>> {
  const after = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
  const page = await ask<Answer<Row>>('GET', `${path}${after}`);
  if (page.next_cursor === null || page.data.length >= least) return page;
  const rest = await readRows<Row>(path, { cursor: page.next_cursor, least: least - page.data.length });
  return { ...rest, data: [...page.data, ...rest.data] };
}

function asRefused(error: unknown): Refused {
  return error instanceof Refused ? error : new Refused(0, String(error));
}
