import { useState } from 'preact/hooks';
import { ask } from '../api/ask-api.ts';
import { useDeed } from '../api/use-deed.ts';
import { leastOf } from '../orders/money.ts';
import type { Product } from '../shop/product.ts';

type Shown = Readonly<{ product: Product; onChange(product: Product): void; onClose(): void }>;

/** Changes a product: what it is called, costs, belongs to, and how many there are. */
export function ProductForm({ product, onChange, onClose }: Shown) {
  const { id, currency } = product;
  const [fields, setFields] = useState(() => fieldsOf(product));
  const { isBusy, failure, run } = useDeed();
  const save = (event: Event) => {
    event.preventDefault();
    void run(async () => onChange(await ask<Product>('PATCH', `/products/${id}`, changeOf(fields))));
  };
  const field = (name: keyof typeof fields) => ({
    value: fields[name],
    onInput: ({ currentTarget: { value } }: { currentTarget: HTMLInputElement }) =>
      setFields((old) => ({ ...old, [name]: value })),
  });
  return (
    <form class="fields" aria-label={`Product ${id}`} onSubmit={save}>
      <label>
        Title
        <input required maxLength={300} {...field('title')} />
      </label>
      <label>
        Price, {currency}
        <input type="number" required min={leastOf(currency)} step={leastOf(currency)} {...field('price')} />
      </label>
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

function fieldsOf({ title, price, category, stock }: Product): Fields {
  return { title, price: String(price), category: category ?? '', stock: stock === null ? '' : String(stock) };
}

function changeOf({ title, price, category, stock }: Fields): object {
  return {
    title,
    price: Number(price),
    category: category.trim() === '' ? null : category,
    stock: stock === '' ? null : Number(stock),
  };
}
