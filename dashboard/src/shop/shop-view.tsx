import type { Staged } from '../frame/staged.ts';
import { mainId } from '../parts/hold-focus.ts';
import { useBasket } from './basket.ts';
import { BasketForm } from './basket-form.tsx';
import { Catalogue } from './catalogue.tsx';
import { ProductPage } from './product-page.tsx';

/** The shop: what there is, and the basket beside it. */
export function ShopView({ session: { user }, item }: Staged) {
  const basket = useBasket();
  return (
    <main class="shop" id={mainId}>
      {item === undefined ? <Catalogue onAdd={basket.add} /> : <ProductPage id={item} onAdd={basket.add} />}
      <BasketForm basket={basket} user={user} />
    </main>
  );
}
