import { askQuickly } from '../api/ask-api.ts';
import type { User } from '../api/use-session.ts';
import { findSymbols } from '../market/find-symbols.ts';
import { shortName } from '../../../src/market/price-words.ts';
import { uuid } from '../parts/uuid.ts';
import { pathOf } from './address.ts';
import { isOffered, views } from './views.ts';

/** Somewhere to go: what it is, what it is called, and its path. */
export type Destination = Readonly<{ kind: string; title: string; path: string }>;

type Found<T> = Readonly<{ data?: readonly T[] }>;

const patienceMs = 4_000;
const mostEach = 5;

/** The views that fit some words, at once. */
export function viewsFor(words: string, user: User | undefined): readonly Destination[] {
  return views
    .filter((view) => isOffered(view, user) && view.title.toLowerCase().includes(words.toLowerCase()))
    .map(({ name, title }) => ({ kind: 'View', title, path: pathOf(name) }));
}

/** What else fits them: an order or a job by its id, else symbols and products. What cannot be asked is not found. */
export async function thingsFor(words: string, user: User | undefined): Promise<readonly Destination[]> {
  const offered = (name: string) => views.some((view) => view.name === name && isOffered(view, user));
  if (uuid.test(words)) return idsFor(words.toLowerCase()).filter(({ view }) => offered(view));
  const [symbols, products] = await Promise.all([
    offered('market') ? findSymbols(words).catch(() => []) : [],
    offered('shop') ? found<{ id: number; title: string }>(`/products?limit=${mostEach}&q=${encoded(words)}`) : [],
  ]);
  return [
    ...symbols.slice(0, mostEach).map(({ symbol, description }) => ({
      kind: 'Symbol',
      title: `${shortName(symbol)}, ${description}`,
      path: pathOf('market', symbol),
    })),
    ...products.map(({ id, title }) => ({ kind: 'Product', title, path: pathOf('shop', String(id)) })),
  ];
}

function idsFor(id: string): (Destination & Readonly<{ view: string }>)[] {
  return [
    { view: 'orders', kind: 'Order', title: id, path: pathOf('orders', id) },
    { view: 'jobs', kind: 'Job', title: id, path: pathOf('jobs', id) },
  ];
}

async function found<T>(path: string): Promise<readonly T[]> {
  const { data = [] } = await askQuickly<Found<T>>(path, patienceMs).catch((): Found<T> => ({}));
  return data;
}

const encoded = (words: string): string => encodeURIComponent(words.slice(0, 64));
