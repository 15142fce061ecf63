import { useState } from 'preact/hooks';
import { ask } from './ask-api.ts';
import { duration } from './duration.ts';
import { formatTime, shortName } from './quote.ts';

/** A symbol that is polled, as `GET /market/watchlist` shows it. */
export type Watched = Readonly<{
  symbol: string;
  every_seconds: number;
  market: 'open' | 'closed' | 'always';
  next_run_at: string | null;
}>;

type Shown = Readonly<{ watched: readonly Watched[]; onChange(): Promise<void> }>;

/** What is polled and how often, for administrators, who change it here. */
export function Watchlist({ watched, onChange }: Shown) {
  const [said, setSaid] = useState('');
  const change = (method: 'PUT' | 'DELETE', symbol: string, body?: object) =>
    ask(method, `/market/watchlist/${encodeURIComponent(symbol)}`, body)
      .then(
        () => setSaid(`${symbol} is ${method === 'PUT' ? 'polled' : 'polled no longer'}.`),
        (error: Error) => setSaid(error.message),
      )
      .then(onChange);
  return (
    <section aria-labelledby="watchlist">
      <h2 id="watchlist">Watchlist</h2>
      <p role="status" class="faint">
        {said}
      </p>
      {watched.length === 0 && <p class="empty">Nothing is polled.</p>}
      <ul class="watched">
        {watched.map(({ symbol, every_seconds: seconds, market, next_run_at: next }) => (
          <li key={symbol} data-watched={symbol}>
            <span class="name">{shortName(symbol)}</span>
            <span>every {duration(seconds)}</span>
            <span class="faint">
              {market === 'closed' && 'market closed · '}
              {next === null ? 'not polled' : `next ${formatTime(next)}`}
            </span>
            <button type="button" onClick={() => void change('DELETE', symbol)} aria-label={`Stop polling ${symbol}`}>
              Stop
            </button>
          </li>
        ))}
      </ul>
      <Watch onWatch={(symbol, body) => change('PUT', symbol, body)} />
    </section>
  );
}

function Watch({ onWatch }: Readonly<{ onWatch(symbol: string, body: object): Promise<void> }>) {
  const [symbol, setSymbol] = useState('');
  const [seconds, setSeconds] = useState('');
  const onSubmit = (event: Event) => {
    event.preventDefault();
    const body = seconds === '' ? {} : { every_seconds: Number(seconds) };
    void onWatch(symbol.trim(), body).then(() => setSymbol(''));
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
      <button type="submit">Poll</button>
    </form>
  );
}
