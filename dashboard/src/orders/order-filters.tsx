import { useRef } from 'preact/hooks';
import { Chosen } from '../parts/chosen.tsx';
import { SearchField } from '../parts/search-field.tsx';
import { currencies } from './currencies.ts';
import { leastOf } from './money.ts';
import type { Narrowed } from './narrowed.ts';

type Shown = Readonly<{ asked: Narrowed; isForAll: boolean; onAsk(some: Partial<Narrowed>): void }>;

const statuses = ['pending', 'payment_failed', 'paid', 'partially_refunded', 'refunded', 'cancelled'] as const;

/** Narrows a list of orders: by what they are, whose, of when, and of how much. */
export function OrderFilters({ asked, isForAll, onAsk }: Shown) {
  const narrowing = { asked, onAsk };
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
          <Field name="user_id" {...narrowing} type="number" min="1" max="2147483647" step="1" />
        </label>
      )}
      <label>
        From
        <Field name="from" {...narrowing} type="date" max={asked.to} />
      </label>
      <label>
        To
        <Field name="to" {...narrowing} type="date" min={asked.from} />
      </label>
      <Amounts asked={asked} onAsk={onAsk} />
    </div>
  );
}

/** Amounts are of a currency, so that is chosen first. */
function Amounts({ asked, onAsk }: Pick<Shown, 'asked' | 'onAsk'>) {
  const { currency } = asked;
  const rest = { asked, onAsk, type: 'number' as const, min: '0', step: leastOf(currency), disabled: currency === '' };
  const amount = (label: string, name: 'min' | 'max') => (
    <label>
      {label}
      <Field key={currency} name={name} {...rest} />
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

type Narrowing = Pick<Shown, 'asked' | 'onAsk'> &
  Readonly<{
    name: keyof Narrowed;
    type: 'number' | 'date';
    min?: string;
    max?: string;
    step?: string;
    disabled?: boolean;
  }>;

/**
 * What the list is narrowed by. What does not fit yet is still being typed, and stays however often the list is read meanwhile; only
 * where something else has narrowed the list otherwise, the field is a new one. What a field begins with never changes: a browser
 * would write it anew, without the point that is about to be followed by another digit.
 */
function Field({ asked, onAsk, name, ...rest }: Narrowing) {
  const known = useRef({ said: asked[name], begun: asked[name], changes: 0 });
  if (known.current.said !== asked[name])
    known.current = { said: asked[name], begun: asked[name], changes: known.current.changes + 1 };
  return (
    <input
      {...rest}
      key={known.current.changes}
      defaultValue={known.current.begun}
      onInput={({ currentTarget: { validity, value } }) => {
        if (!validity.valid) return;
        known.current.said = value;
        onAsk({ [name]: value });
      }}
    />
  );
}
