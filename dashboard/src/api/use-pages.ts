import { useEffect, useRef, useState } from 'preact/hooks';
import { ask } from './ask-api.ts';
import { Refused } from './refused.ts';
import { onFair } from './weather.ts';

type Answer<Row> = Readonly<{ data: readonly Row[]; next_cursor: string | null }>;
type Known<Row> = Readonly<{ askedAtMs: number; rows: readonly Row[]; next: string | null }>;

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
  const [failure, setFailure] = useState<Refused>();
  const [isBusy, setIsBusy] = useState(false);
  // An answer that was asked for under an earlier path is no answer any more.
  const turn = useRef(0);
  const read = async (from: Known<Row> | undefined) => {
    turn.current += 1;
    const own = turn.current;
    setIsBusy(true);
    const askedAtMs = performance.now();
    const cursor = from?.next ? `&cursor=${encodeURIComponent(from.next)}` : '';
    const answer = await ask<Answer<Row>>('GET', `${path}${cursor}`).catch(asRefused);
    if (own !== turn.current) return;
    setIsBusy(false);
    if (answer instanceof Refused) return setFailure(answer);
    setFailure(undefined);
    setKnown({ askedAtMs, rows: [...(from?.rows ?? []), ...answer.data], next: answer.next_cursor });
  };
  useEffect(() => void read(undefined), [path]);
  useEffect(() => (failure?.isWeather ? onFair(() => void read(undefined)) : undefined), [failure]);
  return {
    rows: known?.rows,
    askedAtMs: known?.askedAtMs,
    hasMore: known !== undefined && known.next !== null,
    isBusy,
    failure: failure?.message ?? '',
    more: () => void read(known),
    again: () => void read(undefined),
    change: (isIt, row) =>
      setKnown((old) => old && { ...old, rows: old.rows.flatMap((some) => (isIt(some) ? (row ?? []) : some)) }),
  };
}

function asRefused(error: unknown): Refused {
  return error instanceof Refused ? error : new Refused(0, String(error));
}
