import { pathOf } from '../frame/address.ts';
import { Age } from '../parts/age.tsx';
import { directionOf, formatPercent, formatPrice, shortName } from '../../../src/market/price-words.ts';
import { isRemovable } from '../prices/symbols.ts';
import type { Listed } from './arrange.ts';
import type { Drag } from './use-drag.ts';

type Shown = Readonly<{
  row: Listed;
  isLive: boolean;
  onRemove(symbol: string): void;
  /** Undefined while the list is sorted. */
  drag: Drag | undefined;
  above: string | undefined;
  below: string | undefined;
}>;

/** A symbol of the list: what it is, what it costs, and the handles by which it is moved and taken off. */
export function SymbolRow({ row: { symbol, identity, market, quote }, isLive, onRemove, drag, above, below }: Shown) {
  const name = shortName(symbol);
  return (
    <tr data-row={symbol} data-over={drag?.over === symbol}>
      <td>
        <a href={pathOf('market', symbol)}>{name}</a>
        {identity && <span class="faint name">{identity.name}</span>}
      </td>
      <td data-name="Exchange">{identity && [identity.exchange, identity.currency].filter(Boolean).join(', ')}</td>
      <td data-name="Market" data-market={market}>
        {market}
      </td>
      <td data-name="Price" class="figures">
        {formatPrice(quote?.c ?? null)}
      </td>
      <td data-name="Today" class="figures">
        {quote ? (
          <span class="change" data-direction={directionOf(quote)}>
            {formatPercent(quote.dp)}
          </span>
        ) : (
          '–'
        )}
      </td>
      <td data-name="Age">{quote && <Age at={quote.as_of} isLive={isLive} />}</td>
      <td class="handles">
        {isRemovable(symbol) && (
          <button type="button" class="quiet" aria-label={`Remove ${name}`} onClick={() => onRemove(symbol)}>
            ×
          </button>
        )}
        {drag && (
          <button
            type="button"
            class="quiet handle"
            aria-label={`Move ${name}`}
            aria-description="Drag it, or use the arrow keys."
            {...drag.handleOf(symbol, above, below)}
          >
            ↕
          </button>
        )}
      </td>
    </tr>
  );
}
