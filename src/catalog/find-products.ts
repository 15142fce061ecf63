import { type EntityManager, raw } from '@mikro-orm/mysql';
import { Product } from '../entities/product.entity.ts';
import type { ProductRow } from './product-facts.ts';

/** Which products are looked for: words of the title or category, one category exactly, ids after `afterId`. */
export type Search = Readonly<{ words: string; category: string | undefined; afterId: number; limit: number }>;

/** Products that are for sale, by id. Read in the order of ids until enough fit; a category is read by its index. */
export async function findProducts(em: EntityManager, search: Search): Promise<ProductRow[]> {
  const { words, category, afterId, limit } = search;
  return em.find(
    Product,
    {
      id: { $gt: afterId },
      deletedAt: null,
      ...(category === undefined ? {} : { category }),
      $and: words.split(/\s+/).flatMap((word) => (word === '' ? [] : [{ [holding(word)]: [] }])),
    },
    { orderBy: { id: 'asc' }, limit, disableIdentityMap: true },
  );
}

// Case and accents do not count in this collation, which both MySQL and MariaDB have. With its wildcards escaped, the
// pattern has no choice to go back on: the time is linear in the text.
function holding(word: string) {
  const pattern = `%${word.replaceAll(/[!%_]/g, '!$&')}%`;
  return raw(
    (alias) => `concat_ws(' ', ${alias}.title, ${alias}.category) collate utf8mb4_unicode_ci like ? escape '!'`,
    [pattern],
  );
}
