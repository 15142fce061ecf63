import { useState } from 'preact/hooks';
import { ask } from '../api/ask-api.ts';
import { useDeed } from '../api/use-deed.ts';
import type { Product } from '../shop/product.ts';

/** Takes a product away, once it has been said that no feed brings it back. */
export function ProductRemoval({ product, onDone }: Readonly<{ product: Product; onDone(): void }>) {
  const { id, title } = product;
  const [isAsked, setIsAsked] = useState(false);
  const { isBusy, failure, run } = useDeed();
  const remove = () => void run(() => ask('DELETE', `/products/${id}`).then(onDone));
  if (!isAsked)
    return (
      <button type="button" class="quiet" aria-label={`Take away ${title}`} onClick={() => setIsAsked(true)}>
        Take away
      </button>
    );
  return (
    <span role="group" aria-label="Is it meant?">
      For good?{' '}
      <button type="button" class="main" aria-disabled={isBusy} onClick={remove}>
        Yes, take it away
      </button>{' '}
      <button type="button" onClick={() => setIsAsked(false)}>
        No
      </button>
      <span role="alert">{failure}</span>
    </span>
  );
}
