import { askQuickly } from '../api/ask-api.ts';
import type { Product } from './product.ts';

/** The categories by which products can be chosen; where none is known and nothing has come from the feed, that has not been read yet. */
export type Categories = Readonly<{ names: readonly string[]; isFeedUnread: boolean }>;

type Page = Readonly<{ data: readonly Product[]; next_cursor: string | null }>;

const patienceMs = 4_000;
// There are few categories: who sells more than five hundred products has shown nearly all of them by then.
const mostPages = 5;

/** The categories of the first products, by name. @throws Refused */
export async function readCategories(): Promise<Categories> {
  const products: Product[] = [];
  let next: string | null = '';
  for (let pages = 0; next !== null && pages < mostPages; pages += 1) {
    const after: string = next && `&cursor=${encodeURIComponent(next)}`;
    const page: Page = await askQuickly<Page>(`/products?limit=100${after}`, patienceMs);
    products.push(...page.data);
    next = page.next_cursor;
  }
  const names = [...new Set(products.flatMap(({ category }) => category ?? []))].toSorted();
  const isFeedUnread = names.length === 0 && next === null && products.every(({ source }) => source === 'local');
  return { names, isFeedUnread };
}
