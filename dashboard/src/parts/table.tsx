import type { ComponentChildren } from 'preact';

/** A column: its heading, what stands in it, and whether that is a figure. */
export type Column<Row> = Readonly<{ name: string; isFigure?: boolean; of(row: Row): ComponentChildren }>;

type Shown<Row> = Readonly<{
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf(row: Row): string | number;
  empty: string;
}>;

/** Rows under headings. On a narrow screen it moves sideways by itself, by keyboard too. */
export function Table<Row>({ label, columns, rows, keyOf, empty }: Shown<Row>) {
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  return (
    <div class="table" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map(({ name, isFigure }) => (
              <th key={name} scope="col" class={isFigure ? 'figures' : ''}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} data-row={keyOf(row)}>
              {columns.map(({ name, isFigure, of }) => (
                <td key={name} class={isFigure ? 'figures' : ''}>
                  {of(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
