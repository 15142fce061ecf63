import { useEffect, useRef, useState } from 'preact/hooks';
import { ask } from './ask-api.ts';
import { Refused } from './refused.ts';
import { onFair } from './weather.ts';

type Answer<Row> = Readonly<{ data: readonly Row[]; next_cursor: string | null }>;
type Known<Row> = Readonly<{ path: string; askedAtMs: number; rows: readonly Row[]; next: string | null }>;
/** What could not be read: the page after a cursor, or the first one. */
type Missed = Readonly<{ cursor: string | undefined; why: Refused }>;

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
  const read = async (cursor: string | undefined) => {
    turn.current += 1;
    const own = turn.current;
    isUnderWay.current = true;
    setIsBusy(true);
    const askedAtMs = performance.now();
    const after = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await ask<Answer<Row>>('GET', `${path}${after}`).catch(asRefused);
    if (own !== turn.current) return;
    isUnderWay.current = false;
    setIsBusy(false);
    if (answer instanceof Refused) return setMissed({ cursor, why: answer });
    setMissed(undefined);
    const { data, next_cursor: next } = answer;
    setKnown((old) => ({ path, askedAtMs, rows: cursor === undefined ? data : [...(old?.rows ?? []), ...data], next }));
  };
  // A slow answer is waited for, however often the weather is found fair meanwhile.
  const readUnlessUnderWay = (cursor: string | undefined) => {
    if (!isUnderWay.current) void read(cursor);
  };
  useEffect(() => void read(undefined), [path]);
  useEffect(
    () => (missed?.why.isWeather ? onFair(() => readUnlessUnderWay(missed.cursor)) : undefined),
    [missed, path],
  );
  // The cursor of one list is none of another.
  const next = known?.path === path ? known.next : null;
  return {
    rows: known?.rows,
    askedAtMs: known?.askedAtMs,
    hasMore: next !== null,
    isBusy,
    failure: missed?.why.message ?? '',
    more: () => next !== null && readUnlessUnderWay(next),
    again: () => void read(undefined),
    change: (isIt, row) =>
      setKnown((old) => old && { ...old, rows: old.rows.flatMap((some) => (isIt(some) ? (row ?? []) : some)) }),
  };
}

function asRefused(error: unknown): Refused {
  return error instanceof Refused ? error : new Refused(0, String(error));
}
