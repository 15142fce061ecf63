import { useState } from 'preact/hooks';
import type { Staged } from '../frame/staged.ts';
import { Chosen } from '../parts/chosen.tsx';
import { useKept } from '../parts/use-kept.ts';
import { useIdentities } from '../prices/companies.ts';
import { marketOf } from '../prices/market-state.ts';
import { shortName } from '../../../src/market/price-words.ts';
import { arrange, type Group, groupings, sorts } from './arrange.ts';
import { SymbolRow } from './symbol-row.tsx';
import { type Drag, useDrag } from './use-drag.ts';

const columns = ['Symbol', 'Exchange', 'Market', 'Price', 'Today', 'Age'];
const figures: ReadonlySet<string> = new Set(['Price', 'Today']);

/** The symbols that somebody watches here: sorted, grouped, or in an order of one's own, by the mouse, a finger or the keys. */
export function SymbolList({ staged: { prices, arePricesLive, known } }: Readonly<{ staged: Staged }>) {
  const [sort, setSort] = useKept('orderflow-sort');
  const [grouping, setGrouping] = useKept('orderflow-grouping');
  const [said, setSaid] = useState('');
  const identities = useIdentities(prices.symbols);
  const rows = prices.symbols.map((symbol) => ({
    symbol,
    identity: identities.get(symbol),
    market: marketOf(symbol, known),
    quote: prices.quotes.get(symbol),
  }));
  const drag = useDrag((symbol, place) => {
    prices.move(symbol, place);
    setSaid(`${shortName(symbol)} is where ${shortName(place)} was.`);
  });
  if (rows.length === 0) return <p class="empty">No symbol is watched yet.</p>;
  return (
    <>
      <div class="fields">
        <Chosen name="Sort by" value={sort} options={Object.keys(sorts)} none="my own order" onChoose={setSort} />
        <Chosen
          name="Group by"
          value={grouping}
          options={Object.keys(groupings)}
          none="nothing"
          onChoose={setGrouping}
        />
      </div>
      <p role="status" class="hidden">
        {said}
      </p>
      <SymbolTable
        groups={arrange(rows, sort, grouping)}
        isLive={arePricesLive}
        onRemove={prices.remove}
        drag={sort === '' ? drag : undefined}
      />
    </>
  );
}

type Shown = Readonly<{
  groups: readonly Group[];
  isLive: boolean;
  onRemove(symbol: string): void;
  drag: Drag | undefined;
}>;

function SymbolTable({ groups, isLive, onRemove, drag }: Shown) {
  return (
    <div class="table" role="region" aria-label="Symbols" tabIndex={0}>
      <table class="symbols">
        <thead>
          <tr>
            {columns.map((name) => (
              <th key={name} scope="col" class={figures.has(name) ? 'figures' : ''}>
                {name}
              </th>
            ))}
            <th scope="col">
              <span class="hidden">Order and removal</span>
            </th>
          </tr>
        </thead>
        {groups.map(({ title, rows }) => (
          <tbody key={title}>
            {title !== '' && (
              <tr>
                <th scope="rowgroup" colSpan={columns.length + 1}>
                  {title}
                </th>
              </tr>
            )}
            {rows.map((row, index) => (
              <SymbolRow
                key={row.symbol}
                row={row}
                isLive={isLive}
                onRemove={onRemove}
                drag={drag}
                above={rows[index - 1]?.symbol}
                below={rows[index + 1]?.symbol}
              />
            ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}
