import { Chosen } from '../parts/chosen.tsx';
import { SearchField } from '../parts/search-field.tsx';
import { currencies } from './currencies.ts';
import { leastOf } from './money.ts';
import type { Narrowed } from './narrowed.ts';

type Shown = Readonly<{ asked: Narrowed; isForAll: boolean; onAsk(some: Partial<Narrowed>): void }>;

const statuses = ['pending', 'payment_failed', 'paid', 'partially_refunded', 'refunded', 'cancelled'] as const;

/** Narrows a list of orders: by what they are, whose, of when, and of how much. */
export function OrderFilters({ asked, isForAll, onAsk }: Shown) {
  const field = fieldOf(asked, onAsk);
  return (
    <div class="fields" role="search" aria-label="Orders">
      <SearchField
        label={isForAll ? 'Id or e-mail' : 'Id'}
        words={asked.q}
        onWords={(q) => onAsk({ q: q.trim() })}
        maxLength={254}
        isName
      />
      <Chosen
        name="Status"
        value={asked.status}
        options={statuses}
        none="any"
        onChoose={(status) => onAsk({ status })}
      />
      {isForAll && (
        <label>
          Customer, number
          <input type="number" min="1" max="2147483647" step="1" {...field('user_id')} />
        </label>
      )}
      <label>
        From
        <input type="date" max={asked.to} {...field('from')} />
      </label>
      <label>
        To
        <input type="date" min={asked.from} {...field('to')} />
      </label>
      <Amounts asked={asked} onAsk={onAsk} />
    </div>
  );
}

/** Amounts are of a currency, so that is chosen first. */
function Amounts({ asked, onAsk }: Pick<Shown, 'asked' | 'onAsk'>) {
  const field = fieldOf(asked, onAsk);
  const { currency } = asked;
  const amount = (label: string, name: 'min' | 'max') => (
    <label>
      {label}
      <input type="number" min="0" step={leastOf(currency)} disabled={currency === ''} {...field(name)} />
    </label>
  );
  return (
    <>
      <Chosen
        name="Currency"
        value={currency}
        options={currencies}
        none="any"
        onChoose={(chosen) => onAsk({ currency: chosen, min: '', max: '' })}
      />
      {amount('At least', 'min')}
      {amount('At most', 'max')}
    </>
  );
}

// What does not fit yet is still being typed.
const fieldOf = (asked: Narrowed, onAsk: Shown['onAsk']) => (name: keyof Narrowed) => ({
  value: asked[name],
  onInput: ({ currentTarget: { validity, value } }: { currentTarget: HTMLInputElement }) =>
    validity.valid && onAsk({ [name]: value.trim() }),
});
