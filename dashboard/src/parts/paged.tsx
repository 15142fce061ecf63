import type { Pages } from '../api/use-pages.ts';
import { type Column, Table } from './table.tsx';

type Shown<Row> = Readonly<{
  label: string;
  pages: Pages<Row>;
  columns: readonly Column<Row>[];
  keyOf(row: Row): string | number;
  empty: string;
}>;

/** A list as far as it has been read, and the way to more of it. */
export function Paged<Row>({ label, pages, columns, keyOf, empty }: Shown<Row>) {
  const { rows, hasMore, isBusy, failure, more } = pages;
  return (
    <>
      <p role="alert">{failure}</p>
      {rows === undefined && !failure && <p class="empty">Being read.</p>}
      {rows && <Table label={label} columns={columns} rows={rows} keyOf={keyOf} empty={empty} />}
      {hasMore && (
        <button type="button" aria-disabled={isBusy} onClick={more}>
          {isBusy ? 'Reading' : 'More'}
        </button>
      )}
    </>
  );
}
