import { useState } from 'preact/hooks';
import { ask } from '../api/ask-api.ts';
import { duration } from '../parts/duration.ts';
import { useDeed } from '../api/use-deed.ts';
import { shortName } from '../../../src/market/price-words.ts';
import { formatTime } from '../prices/quote.ts';

/** A symbol that is polled, as `GET /market/watchlist` shows it. */
export type Watched = Readonly<{
  symbol: string;
  every_seconds: number;
  market: 'open' | 'closed' | 'always' | 'unknown';
  next_run_at: string | null;
}>;

type Shown = Readonly<{ watched: readonly Watched[]; onChange(): Promise<void> }>;

/** What is polled and how often, for administrators, who change it here. */
export function Watchlist({ watched, onChange }: Shown) {
  const [said, setSaid] = useState('');
  const { isBusy, failure, run } = useDeed();
  const change = async (method: 'PUT' | 'DELETE', symbol: string, body?: object) => {
    setSaid('');
    const asking = ask<Watched | undefined>(method, `/market/watchlist/${encodeURIComponent(symbol)}`, body);
    const answer = await asking.finally(() => void onChange());
    setSaid(`${answer?.symbol ?? symbol} is ${method === 'PUT' ? 'polled' : 'polled no longer'}.`);
  };
  return (
    <>
      <p role="status" class="faint">
        {said}
      </p>
      <p role="alert" id="watch-refusal">
        {failure}
      </p>
      {watched.length === 0 && <p class="empty">Nothing is polled.</p>}
      <ul class="watched">
        {watched.map(({ symbol, every_seconds: seconds, market, next_run_at: next }) => (
          <li key={symbol} data-watched={symbol}>
            <span class="name">{shortName(symbol)}</span>
            <span>every {duration(seconds)}</span>
            <span class="faint">
              {market === 'closed' && 'market closed · '}
              {market === 'unknown' && 'market hours not known now · '}
              {next === null ? 'not polled' : `next ${formatTime(next)}`}
            </span>
            <button
              type="button"
              aria-disabled={isBusy}
              onClick={() => void run(() => change('DELETE', symbol))}
              aria-label={`Stop polling ${symbol}`}
            >
              Stop
            </button>
          </li>
        ))}
      </ul>
      <Watch
        isBusy={isBusy}
        isRefused={failure !== ''}
        onWatch={(symbol, body, onDone) => void run(() => change('PUT', symbol, body).then(onDone))}
      />
    </>
  );
}

type Form = Readonly<{
  isBusy: boolean;
  isRefused: boolean;
  onWatch(symbol: string, body: object, onDone: () => void): void;
}>;

function Watch({ isBusy, isRefused, onWatch }: Form) {
  const [symbol, setSymbol] = useState('');
  const [seconds, setSeconds] = useState('');
  const onSubmit = (event: Event) => {
    event.preventDefault();
    const body = seconds === '' ? {} : { every_seconds: Number(seconds) };
    onWatch(symbol.trim(), body, () => setSymbol(''));
  };
  return (
    <form class="watch" onSubmit={onSubmit}>
      <label>
        Poll symbol
        <input
          value={symbol}
          onInput={({ currentTarget }) => setSymbol(currentTarget.value)}
          autocapitalize="characters"
          spellcheck={false}
          maxLength={32}
          required
          aria-invalid={isRefused}
          aria-describedby="watch-refusal"
        />
      </label>
      <label>
        Every, seconds
        <input
          type="number"
          min={1}
          value={seconds}
          onInput={({ currentTarget }) => setSeconds(currentTarget.value)}
          placeholder="as fits"
        />
      </label>
      <button type="submit" aria-disabled={isBusy}>
        {isBusy ? 'Asking' : 'Poll'}
      </button>
    </form>
  );
}
