import { useMemo } from 'preact/hooks';
import { useReading } from '../api/use-reading.ts';
import { pathOf } from '../frame/address.ts';
import { useAsked } from '../frame/asked.ts';
import { SearchField } from '../parts/search-field.tsx';
import { useSettled } from '../parts/use-settled.ts';
import { findSymbols } from './find-symbols.ts';

// What has been found once stays found for as long as somebody looks at it.
const everyMs = 600_000;
const most = 20;

/** Finds symbols as their names are typed. */
export function SymbolSearch() {
  const [{ q: words }, narrow] = useAsked({ q: '' });
  const settled = useSettled(words.trim());
  const read = useMemo(() => (settled === '' ? undefined : () => findSymbols(settled)), [settled]);
  const { value = [], failure } = useReading(read, everyMs);
  const found = settled === '' ? [] : value.slice(0, most);
  return (
    <section aria-labelledby="search">
      <h2 id="search">Market</h2>
      <div class="fields" role="search">
        <SearchField
          label="Find a symbol"
          placeholder="a name or a symbol"
          maxLength={64}
          isName
          words={words}
          onWords={(typed) => narrow({ q: typed })}
        />
      </div>
      <p role="alert">{settled !== '' && failure?.message}</p>
      <ul class="found" aria-live="polite">
        {found.map(({ symbol, description, type }) => (
          <li key={symbol}>
            <a href={pathOf('market', symbol)}>{symbol}</a> {description} <span class="faint">{type}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
