import { markdownTable } from './markdown-table.ts';
import type { Column, Table } from './tables.ts';

/** The tables and what refers to what, with the columns that are keys; for GitHub to draw. */
export function relationsPicture(tables: readonly Table[]): string {
  const boxes = tables.flatMap(({ name, columns, uniques }) => {
    const isUnique = (column: Column) => uniques.some((some) => some.length === 1 && some[0] === column.name);
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
  return tables.flatMap(({ name, entity, about, columns, uniques, indexes }) => [
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
    keysLine(uniques, indexes),
  ]);
}

function keysLine(uniques: Table['uniques'], indexes: Table['indexes']): string {
  const say = (some: Table['uniques']) => some.map((columns) => `\`${columns.join(', ')}\``).join('; ');
  const parts = [
    ...(uniques.length > 0 ? [`Unique: ${say(uniques)}.`] : []),
    ...(indexes.length > 0 ? [`Indexed: ${say(indexes)}.`] : []),
  ];
  return parts.join(' ') || 'No index but the primary key.';
}
