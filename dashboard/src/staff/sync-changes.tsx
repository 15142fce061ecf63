import type { Change, Facts } from '../../../src/catalog/store-feed.ts';
import { pathOf } from '../frame/address.ts';
import { formatMoney } from '../orders/money.ts';

/** What became of a reading of the feed, as its job tells it. */
export type SyncResult = Readonly<{
  outcome: 'synced' | 'recent';
  created?: number;
  updated?: number;
  unchanged?: number;
  deleted?: number;
  changes?: readonly Change[];
}>;

/** How many products are new, different and the same. */
export function wordsOf({ outcome, created = 0, updated = 0, unchanged = 0, deleted = 0 }: SyncResult): string {
  if (outcome === 'recent') return 'the feed had been read within the last minute.';
  const gone = deleted > 0 ? `, ${deleted} taken away here before, and left so` : '';
  return `${created} new, ${updated} changed, ${unchanged} the same${gone}.`;
}

/** The first of what is new or different: what it was, and what it is. Nothing is ever taken away by a feed. */
export function SyncChanges({ result: { created = 0, updated = 0, changes = [] } }: Readonly<{ result: SyncResult }>) {
  if (changes.length === 0) return null;
  const more = created + updated - changes.length;
  return (
    <>
      <ul aria-label="What has changed">
        {changes.map((change) => (
          <li key={change.product_id} data-change={change.kind}>
            <a href={pathOf('shop', String(change.product_id))}>{change.title}</a>: {differenceOf(change)}
          </li>
        ))}
      </ul>
      {more > 0 && <p class="faint">And {more} more.</p>}
    </>
  );
}

function differenceOf({ kind, fields, was, is }: Change): string {
  if (kind === 'created') return ['new', factOf(is, 'price')].filter(Boolean).join(', ');
  return fields
    .filter((name) => name !== 'currency')
    .map((name) => (name in is ? `${name} ${factOf(was, name)} → ${factOf(is, name)}` : name))
    .join(', ');
}

function factOf({ price, currency, title, category }: Facts, name: string): string {
  if (name === 'price') return price === undefined || currency === undefined ? '' : formatMoney(price, currency);
  return (name === 'title' ? title : category) ?? 'none';
}
