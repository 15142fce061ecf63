import { useReading } from '../api/use-reading.ts';
import { formatMoney } from '../orders/money.ts';
import { Picture } from './picture.tsx';
import { type Product, stockOf } from './product.ts';

const everyMs = 10_000;

/** One product. */
export function ProductPage({ id, onAdd }: Readonly<{ id: string; onAdd(product: Product): void }>) {
  const { value: product, failure } = useReading<Product>(`/products/${encodeURIComponent(id)}`, everyMs);
  if (!product)
    return (
      <section aria-label="Product">
        <p role="alert">{failure?.message}</p>
        {!failure && <p class="empty">Reading the product.</p>}
      </section>
    );
  const { title, price, currency, category, description, rating, stock } = product;
  return (
    <section class="product-page" aria-labelledby="product">
      <Picture product={product} />
      <h2 id="product">{title}</h2>
      <p class="price-tag">{formatMoney(price, currency)}</p>
      <p class="faint">
        {[category, rating && `rated ${rating.rate} by ${rating.count}`, stockOf(product)].filter(Boolean).join(' · ')}
      </p>
      {description && <p>{description}</p>}
      <p class="deeds">
        <button type="button" class="main" aria-disabled={stock === 0} onClick={() => stock !== 0 && onAdd(product)}>
          Add to the basket
        </button>
        <a href="/app/shop">All products</a>
      </p>
    </section>
  );
}
