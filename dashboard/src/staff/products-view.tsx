import { useState } from 'preact/hooks';
import { usePages } from '../api/use-pages.ts';
import { useAsked } from '../frame/asked.ts';
import { formatMoney } from '../orders/money.ts';
import { mainId } from '../parts/hold-focus.ts';
import { Paged } from '../parts/paged.tsx';
import { queried } from '../parts/queried.ts';
import { SearchField } from '../parts/search-field.tsx';
import type { Column } from '../parts/table.tsx';
import { useSettled } from '../parts/use-settled.ts';
import type { Product } from '../shop/product.ts';
import { ProductForm } from './product-form.tsx';
import { ProductRemoval } from './product-removal.tsx';
import { ProductSync } from './product-sync.tsx';

/** What is sold, for those who decide it: changed here, and read from the feed. */
export function ProductsView() {
  const [{ q: words }, narrow] = useAsked({ q: '' });
  const [edited, setEdited] = useState<Product | 'new'>();
  const [said, setSaid] = useState('');
  const pages = usePages<Product>(queried('/products', { q: useSettled(words.trim()) }));
  const onChange = (product: Product) => {
    if (edited === 'new') pages.again();
    else pages.change(({ id }) => id === product.id, product);
    setEdited(undefined);
    setSaid(`${product.title} is ${edited === 'new' ? 'added' : 'changed'}.`);
  };
  const onRemove = (product: Product) => {
    pages.change(({ id }) => id === product.id, undefined);
    setSaid(`${product.title} is taken away.`);
  };
  return (
    <main class="page" id={mainId}>
      <section aria-labelledby="products">
        <h2 id="products">Products</h2>
        <div class="fields" role="search">
          <SearchField label="Search" words={words} onWords={(typed) => narrow({ q: typed })} />
          <button type="button" onClick={() => setEdited('new')}>
            Add a product
          </button>
          <ProductSync onDone={pages.again} />
        </div>
        <p role="status" class="faint">
          {said}
        </p>
        {edited && (
          <ProductForm
            key={edited === 'new' ? edited : edited.id}
            product={edited === 'new' ? undefined : edited}
            onChange={onChange}
            onClose={() => setEdited(undefined)}
          />
        )}
        <Paged
          label="Products"
          pages={pages}
          keyOf={({ id }) => id}
          empty="No product is called so."
          columns={columnsOf(setEdited, onRemove)}
        />
      </section>
    </main>
  );
}

type Act = (product: Product) => void;

function columnsOf(onEdit: Act, onRemove: Act): readonly Column<Product>[] {
  return [
    { name: 'Id', isFigure: true, of: ({ id }) => id },
    { name: 'Title', of: ({ title }) => title },
    { name: 'Category', of: ({ category }) => category ?? '' },
    { name: 'Price', isFigure: true, of: ({ price, currency }) => formatMoney(price, currency) },
    { name: 'Stock', isFigure: true, of: ({ stock }) => stock ?? 'not counted' },
    { name: 'From', of: ({ source, external_id: id }) => `${source} ${id ?? ''}` },
    {
      name: 'Change',
      of: (product) => (
        <div class="deeds">
          <button type="button" aria-label={`Change ${product.title}`} onClick={() => onEdit(product)}>
            Change
          </button>
          <ProductRemoval product={product} onDone={() => onRemove(product)} />
        </div>
      ),
    },
  ];
}
