import type { ComponentChildren } from 'preact';
import { type Sight, sourcesOf, summaryOf } from '../api/sources.ts';

type Shown = Readonly<{ sight: Sight; hasEnded: boolean; children: ComponentChildren }>;

/** The head of the page: how everything that it shows is, source by source, and the ways on. */
export function Masthead({ sight, hasEnded, children }: Shown) {
  const summary = hasEnded ? 'Logged out' : summaryOf(sight);
  return (
    <header class="masthead">
      <h1>Orderflow</h1>
      <p class="live" data-state={summary === 'Live' ? 'live' : 'waiting'} role="status">
        {summary}
      </p>
      {children}
      <ul class="sources" aria-label="Sources">
        {sourcesOf(sight).map(({ name, words, isFine }) => (
          <li key={name} data-source={name.toLowerCase()} data-fine={isFine}>
            {name} <span class={isFine ? 'hidden' : ''}>{words}</span>
          </li>
        ))}
      </ul>
    </header>
  );
}
