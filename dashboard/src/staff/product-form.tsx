import { useState } from 'preact/hooks';
import { ask, askOnce } from '../api/ask-api.ts';
import { useDeed } from '../api/use-deed.ts';
import { currencies } from '../orders/currencies.ts';
import { leastOf } from '../orders/money.ts';
import { Chosen } from '../parts/chosen.tsx';
import type { Product } from '../shop/product.ts';

type Shown = Readonly<{ product: Product | undefined; onChange(product: Product): void; onClose(): void }>;

/** Changes a product, or adds one: what it is called, costs, belongs to, and how many there are. */
export function ProductForm({ product, onChange, onClose }: Shown) {
  const [begun] = useState(() => fieldsOf(product));
  const [fields, setFields] = useState(begun);
  const [chosen, setCurrency] = useState('USD');
  const currency = product?.currency ?? chosen;
  const { isBusy, failure, run } = useDeed();
  const store = async () => {
    if (product) return ask<Product>('PATCH', `/products/${product.id}`, changeOf(begun, fields, currency));
    return (await askOnce<Product>('/products', { ...valuesOf(fields), currency })).answer;
  };
  const save = (event: Event) => {
    event.preventDefault();
    void run(async () => onChange(await store()));
  };
  const field = (name: keyof typeof fields) => ({
    value: fields[name],
    onInput: ({ currentTarget: { value } }: { currentTarget: HTMLInputElement }) =>
      setFields((old) => ({ ...old, [name]: value })),
  });
  return (
    <form class="fields" aria-label={product ? `Product ${product.id}` : 'New product'} onSubmit={save}>
      <label>
        Title
        <input required maxLength={300} {...field('title')} />
      </label>
      <label>
        Price, {currency}
        <input type="number" required min={leastOf(currency)} step={leastOf(currency)} {...field('price')} />
      </label>
      {!product && <Chosen name="Currency" value={chosen} options={currencies} onChoose={setCurrency} />}
      <label>
        Category
        <input maxLength={100} {...field('category')} />
      </label>
      <label>
        Stock
        <input type="number" min="0" placeholder="not counted" {...field('stock')} />
      </label>
      <button type="submit" class="main" aria-disabled={isBusy}>
        Save
      </button>
      <button type="button" onClick={onClose}>
        Close
      </button>
      <p role="alert">{failure}</p>
    </form>
  );
}

/** What is typed is text, whatever it means. */
type Fields = Readonly<Record<'title' | 'price' | 'category' | 'stock', string>>;

function fieldsOf(product: Product | undefined): Fields {
  if (!product) return { title: '', price: '', category: '', stock: '' };
  const { title, price, category, stock } = product;
  return { title, price: String(price), category: category ?? '', stock: stock === null ? '' : String(stock) };
}

/** Only what was typed: meanwhile some may have been sold, and a feed or somebody else may have named another price. */
function changeOf(begun: Fields, fields: Fields, currency: string): object {
  const names = (['title', 'price', 'category', 'stock'] as const).filter((name) => fields[name] !== begun[name]);
  const values = valuesOf(fields);
  const changed = Object.fromEntries(names.map((name) => [name, values[name]]));
  return names.includes('price') ? { ...changed, currency } : changed;
}

function valuesOf({ title, price, category, stock }: Fields) {
  return {
    title,
    price: Number(price),
    category: category.trim() === '' ? null : category,
    stock: stock === '' ? null : Number(stock),
  };
}
