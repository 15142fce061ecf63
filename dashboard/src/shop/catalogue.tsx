import { ask } from '../api/ask-api.ts';
import { useDeed } from '../api/use-deed.ts';
import { usePages } from '../api/use-pages.ts';
import { useReading } from '../api/use-reading.ts';
import { pathOf } from '../frame/address.ts';
import { useAsked } from '../frame/asked.ts';
import { formatMoney } from '../orders/money.ts';
import { optionsWith } from '../parts/chosen.tsx';
import { SearchField } from '../parts/search-field.tsx';
import { useSettled } from '../parts/use-settled.ts';
import { Picture } from './picture.tsx';
import { type Product, stockOf } from './product.ts';
import { readCategories } from './read-categories.ts';

const categoriesEveryMs = 60_000;

/** What can be ordered: found by words and by category, and put into the basket. */
export function Catalogue({ onAdd }: Readonly<{ onAdd(product: Product): void }>) {
  const [{ q: words, category }, narrow] = useAsked({ q: '', category: '' });
  const settled = useSettled(words.trim());
  const asked = new URLSearchParams({ limit: '24', ...(settled && { q: settled }), ...(category && { category }) });
  const { rows, hasMore, isBusy, failure, more, again } = usePages<Product>(`/products?${asked}`);
  return (
    <section aria-labelledby="catalogue">
      <h2 id="catalogue">Shop</h2>
      <div class="fields" role="search">
        <SearchField label="Search" words={words} onWords={(typed) => narrow({ q: typed })} />
        <CategoryChoice category={category} onChoose={(chosen) => narrow({ category: chosen })} onFetched={again} />
      </div>
      <p role="alert">{failure}</p>
      <p role="status" class="faint">
        {rows?.length === 0 && 'No product is called so.'}
      </p>
      {rows === undefined && !failure && <p class="empty">Reading the catalogue.</p>}
      <ul class="products">
        {rows?.map((product) => (
          <ProductCard key={product.id} product={product} onAdd={() => onAdd(product)} />
        ))}
      </ul>
      {hasMore && (
        <button type="button" aria-disabled={isBusy} onClick={more}>
          More products
        </button>
      )}
    </section>
  );
}

type Choice = Readonly<{ category: string; onChoose(category: string): void; onFetched(): void }>;

/** The categories that there are, or, as long as the feed has not been read, a way to read it. */
function CategoryChoice({ category, onChoose, onFetched }: Choice) {
  const { value, read } = useReading(readCategories, categoriesEveryMs);
  const fetching = useDeed();
  const fetchAll = async () => {
    await ask('GET', '/products?sync=true&limit=1');
    onFetched();
    await read();
  };
  if (value?.isFeedUnread)
    return (
      <>
        <button type="button" aria-disabled={fetching.isBusy} onClick={() => void fetching.run(fetchAll)}>
          {fetching.isBusy ? 'Reading the feed' : 'Fetch the feed’s products'}
        </button>
        <p role="alert">{fetching.failure}</p>
      </>
    );
  return (
    <label>
      Category
      <select value={category} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
        <option value="">all</option>
        {optionsWith(category, value?.names ?? []).map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function ProductCard({ product, onAdd }: Readonly<{ product: Product; onAdd(): void }>) {
  const { id, title, price, currency, stock } = product;
  return (
    <li class="product" data-product={id}>
      <Picture product={product} />
      <a href={pathOf('shop', String(id))} id={`product-${id}`}>
        {title}
      </a>
      <p class="faint">{stockOf(product)}</p>
      <p class="price-tag">{formatMoney(price, currency)}</p>
      <button
        type="button"
        aria-describedby={`product-${id}`}
        aria-disabled={stock === 0}
        onClick={() => stock !== 0 && onAdd()}
      >
        Add
      </button>
    </li>
  );
}
