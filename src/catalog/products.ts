import { type InferEntity, type EntityManager, raw } from '@mikro-orm/mysql';
import { Product } from '../entities/catalog.entity.ts';
import { toMajor } from '../money/money.ts';

/** What the rest of the platform may know of a product: its row. */
export type ProductRow = InferEntity<typeof Product>;

type FactColumns = Pick<
  ProductRow,
  'id' | 'title' | 'priceMinor' | 'currency' | 'category' | 'image' | 'source' | 'externalId'
>;

/** A product as events tell of it. */
export function productFacts({ id, title, priceMinor, currency, category, image, source, externalId }: FactColumns) {
  return {
    product_id: id,
    title,
    price: toMajor(priceMinor, currency),
    currency,
    category: category ?? null,
    image: image ?? null,
    source,
    external_id: externalId ?? null,
  };
}

const shownAs = {
  title: 'title',
  description: 'description',
  category: 'category',
  image: 'image',
  ratingRate: 'rating',
  ratingCount: 'rating',
  priceMinor: 'price',
  currency: 'currency',
  stock: 'stock',
} as const satisfies Partial<Record<keyof ProductRow, string>>;

/** Fields of a product that can change. */
export type ChangedColumns = { [Field in keyof typeof shownAs]?: ProductRow[Field] | null | undefined };

/** The fields, as the API names them, in which `change` differs from the row. */
export function changedFields(row: ProductRow, change: ChangedColumns): string[] {
  const names = Object.entries(shownAs).flatMap(([field, name]) => {
    const isField = (key: string): key is keyof typeof shownAs => key in shownAs;
    if (!isField(field) || change[field] === undefined) return [];
    return (row[field] ?? null) === change[field] ? [] : [name];
  });
  return [...new Set(names)];
}

/** Which products are looked for: words of the title or category, one category exactly, ids after `afterId`. */
export type ProductSearch = Readonly<{ words: string; category: string | undefined; afterId: number; limit: number }>;

/** Products that are for sale, by id. Read in the order of ids until enough fit; a category is read by its index. */
export async function findProducts(em: EntityManager, search: ProductSearch): Promise<ProductRow[]> {
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
