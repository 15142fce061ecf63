import { Chosen } from '../parts/chosen.tsx';
import { SearchField } from '../parts/search-field.tsx';

type Asked = Readonly<{ order: string; status: string }>;

type Shown = Readonly<{
  asked: Asked;
  statuses: readonly string[];
  onAsk(some: Partial<Asked>): void;
  onAgain(): void;
}>;

/** By what payments and refunds are found: the order that they are of, and where they stand. */
export function OrderAndStatus({ asked: { order, status }, statuses, onAsk, onAgain }: Shown) {
  return (
    <div class="fields" role="search">
      <SearchField
        label="Order"
        placeholder="its whole id"
        words={order}
        onWords={(words) => onAsk({ order: words.trim() })}
        isName
      />
      <Chosen
        name="Status"
        value={status}
        options={statuses}
        none="any"
        onChoose={(chosen) => onAsk({ status: chosen })}
      />
      <button type="button" onClick={onAgain}>
        Read again
      </button>
    </div>
  );
}
