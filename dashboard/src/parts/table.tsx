import type { ComponentChildren } from 'preact';

/** A column: its heading, what stands in it, and whether that is a figure, or a name that nobody pronounces and that breaks anywhere. */
export type Column<Row> = Readonly<{
  name: string;
  isFigure?: boolean;
  isId?: boolean;
  of(row: Row): ComponentChildren;
}>;

const classOf = ({ isFigure, isId }: Pick<Column<never>, 'isFigure' | 'isId'>) =>
  isFigure ? 'figures' : isId ? 'id' : '';

type Shown<Row> = Readonly<{
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf(row: Row): string | number;
  empty: string;
}>;

/** Rows under headings. On a narrow screen each row is a card, in which every figure has its heading. */
export function Table<Row>({ label, columns, rows, keyOf, empty }: Shown<Row>) {
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  return (
    <div class="table" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" class={classOf(column)}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} data-row={keyOf(row)}>
              {columns.map((column) => (
                <td key={column.name} data-name={column.name} class={classOf(column)}>
                  {column.of(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
