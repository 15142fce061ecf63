import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Answer, type Answerer, json, type Question, text } from '../answer.ts';
import type { Faults } from '../faults.ts';
import { underWeather } from '../weather.ts';
import { envelopeProducts } from './envelope-products.ts';

const StoreProduct = z.looseObject({ id: z.int(), category: z.string() });
const store = z
  .array(StoreProduct)
  .parse(JSON.parse(readFileSync(new URL('./fakestore.json', import.meta.url), 'utf8')));

/** Two product feeds of different shape: a bare array at `/products`, an envelope at `/dummyjson/products`. */
export function createProducts(faults: Faults): Answerer {
  return (question) =>
    underWeather(faults, 'products', () => {
      if (question.method !== 'GET') return text(405, 'text/plain', 'Read only.');
      const [, first = '', ...rest] = question.path.replace(/\/$/, '').split('/').map(decodeURIComponent);
      if (first === 'products') return bareFeed(rest, question);
      if (first === 'dummyjson' && rest[0] === 'products') return envelopeFeed(rest[1], question);
      return text(404, 'text/html', `<pre>Cannot GET /${first}</pre>`);
    });
}

function bareFeed([id, category]: readonly string[], { query }: Question): Answer {
  const sorted = query.get('sort') === 'desc' ? store.toReversed() : store;
  const limited = (products: typeof store) => json(200, products.slice(0, Number(query.get('limit')) || undefined));
  if (id === undefined) return limited(sorted);
  if (id === 'categories') return json(200, [...new Set(store.map((product) => product.category))]);
  if (id === 'category') return limited(sorted.filter((product) => product.category === category));
  // Unknown ids are no error there: status 200 and a JSON null.
  return json(200, store.find((product) => String(product.id) === id) ?? null);
}

function envelopeFeed(id: string | undefined, { query }: Question): Answer {
  if (id !== undefined) {
    const found = envelopeProducts.find((product) => String(product.id) === id);
    return found ? json(200, found) : json(404, { message: `Product with id '${id}' not found` });
  }
  const skip = Number(query.get('skip')) || 0;
  const products = envelopeProducts.slice(skip, skip + (Number(query.get('limit')) || 30));
  return json(200, { products, total: envelopeProducts.length, skip, limit: products.length });
}
