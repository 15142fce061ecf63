import { markdownTable } from './markdown-table.ts';
import type { Column, Table } from './tables.ts';

/** The tables and what refers to what, with the columns that are keys; for GitHub to draw. */
export function relationsPicture(tables: readonly Table[]): string {
  const boxes = tables.flatMap(({ name, columns, keys }) => {
    const isUnique = ({ name: column }: Column) => keys.some((key) => key.isUnique && key.columns.join() === column);
    const lines = columns
      .map((column) => ({ column, marks: marksOf(column, isUnique(column)) }))
      .filter(({ marks }) => marks.length > 0)
      .map(({ column, marks }) => `    ${column.type.replaceAll(/\W.*$/g, '')} ${column.name} ${marks.join(', ')}`);
    return [`  ${name} {`, ...lines, '  }'];
  });
  const arrows = tables.flatMap(({ name, columns }) =>
    columns.flatMap((column) => (column.refersTo ? [`  ${column.refersTo} ||--o{ ${name} : ${column.name}`] : [])),
  );
  return ['```mermaid', 'erDiagram', ...arrows, ...boxes, '```'].join('\n');
}

function marksOf({ isPrimary, refersTo }: Column, isUnique: boolean): string[] {
  return [...(isPrimary ? ['PK'] : []), ...(refersTo ? ['FK'] : []), ...(isUnique ? ['UK'] : [])];
}

/** Each table with all its columns. */
export function tablesSection(tables: readonly Table[]): string[] {
  return tables.flatMap(({ name, entity, about, columns, keys }) => [
    `### ${name}`,
    `\`${entity}\`. ${about}`,
    markdownTable(
      ['column', 'type', 'null', 'what'],
      columns.map((column) => [
        `\`${column.name}\``,
        column.type.replaceAll("','", "', '"),
        column.isNullable ? 'yes' : '',
        [column.isPrimary ? 'Primary key.' : '', column.refersTo ? `Of \`${column.refersTo}\`.` : '', column.about]
          .filter(Boolean)
          .join(' '),
      ]),
    ),
    keysTable(keys),
  ]);
}

function keysTable(keys: Table['keys']): string {
  if (keys.length === 0) return 'No index but the primary key.';
  return markdownTable(
    ['index', 'unique', 'for what'],
    keys.map(({ columns, isUnique, about }) => [`\`${columns.join(', ')}\``, isUnique ? 'yes' : '', about]),
  );
}
