import { SqlError } from './sql-error.ts';
import { type Expr, momentText, type Run } from './expressions.ts';
import type { Column, Place, Row, Table, Value } from './tables.ts';

export function newRow(table: Table, names: readonly string[], values: readonly Expr[], run: Run): Row {
  const env = { run, rows: [], parent: undefined };
  const row: Record<string, Value> = {};
  for (const column of table.schema.columns) {
    const at = names.indexOf(column.name);
    const given = values[at]?.(env) ?? null;
    if (column.isCounter) row[column.name] = counted(table, given);
    else row[column.name] = stored(column, at === -1 ? absent(column, run) : given);
  }
  return row;
}

function absent({ name, isNow, whenAbsent }: Column, { nowMs }: Run): Value {
  if (whenAbsent === undefined)
    throw new SqlError(1364, 'ER_NO_DEFAULT_FOR_FIELD', `Field '${name}' doesn't have a default value`);
  return isNow ? momentText(nowMs) : whenAbsent;
}

function counted(table: Table, given: Value): number {
  table.counter = given === null ? table.counter + 1 : Math.max(table.counter, Number(given));
  return given === null ? table.counter : Number(given);
}

export function firstCounted({ schema }: Table, [first]: readonly Place[]): number {
  const counter = schema.columns.find(({ isCounter }) => isCounter);
  return counter ? Number(first?.next?.[counter.name] ?? 0) : 0;
}

export function columnOf(place: Place | undefined, name: string): Column {
  const column = place?.table.schema.byName.get(name);
  if (!column) throw new SqlError(1054, 'ER_BAD_FIELD_ERROR', `Unknown column '${name}'`);
  return column;
}

export function stored({ name, kind, isNullable, isUnsigned }: Column, value: Value): Value {
  if (value === null && !isNullable) throw new SqlError(1048, 'ER_BAD_NULL_ERROR', `Column '${name}' cannot be null`);
  if (value === null) return null;
  if (kind === 'moment') return String(value).slice(0, 23).padEnd(20, '.').padEnd(23, '0');
  if (kind === 'text') return String(value);
  if (isUnsigned && Number(value) < 0)
    throw new SqlError(1264, 'ER_WARN_DATA_OUT_OF_RANGE', `Out of range for '${name}'`);
  return Number(value);
}

export function duplicate({ schema }: Table): SqlError {
  return new SqlError(1062, 'ER_DUP_ENTRY', `Duplicate entry for a key of ${schema.name}`);
}
