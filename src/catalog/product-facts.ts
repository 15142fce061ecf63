import type { InferEntity } from '@mikro-orm/mysql';
import type { Product } from '../entities/product.entity.ts';
import { toMajor } from '../orders/money.ts';

/** What the rest of the platform may know of a product: its row. */
export type ProductRow = InferEntity<typeof Product>;

type Told = Pick<
  ProductRow,
  'id' | 'title' | 'priceMinor' | 'currency' | 'category' | 'image' | 'source' | 'externalId'
>;

/** A product as events tell of it. */
export function productFacts({ id, title, priceMinor, currency, category, image, source, externalId }: Told) {
  return {
    product_id: id,
    title,
    price: toMajor(priceMinor, currency),
    currency,
    category: category ?? null,
    image: image ?? null,
    source: source,
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
export type ProductChange = { [Field in keyof typeof shownAs]?: ProductRow[Field] | null | undefined };

/** The fields, as the API names them, in which `change` differs from the row. */
export function changedFields(row: ProductRow, change: ProductChange): string[] {
  const names = Object.entries(shownAs).flatMap(([field, name]) => {
    const isField = (key: string): key is keyof typeof shownAs => key in shownAs;
    if (!isField(field) || change[field] === undefined) return [];
    return (row[field] ?? null) === change[field] ? [] : [name];
  });
  return [...new Set(names)];
}
