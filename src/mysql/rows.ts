import type { EntityManager, EntityName, RequiredEntityData } from '@mikro-orm/mysql';

/** What a column is compared with or set to. */
type Value = string | number | boolean | Date | null | undefined;
/** Columns by the names of their entity's properties. */
type Columns<T> = Readonly<{ [Property in keyof T]?: Value }>;
type Field = Readonly<{ property: string; column: string; isDate: boolean }>;
type Table = Readonly<{ name: string; fields: readonly Field[]; columnOf(property: string): string }>;

/**
 * Statements for the paths that every order takes: an entity's names without its unit of work, which costs several times
 * as much as the statement itself. Everything else uses the entity manager.
 */
export async function selectRow<T extends object>(
  em: EntityManager,
  entity: EntityName<T>,
  where: Columns<T>,
  { lock = false } = {},
): Promise<T | undefined> {
  const { name, fields, columnOf } = tableOf(em, entity);
  const [condition, values] = allOf(where, columnOf, ' and ');
  const sql = `select * from \`${name}\` where ${condition} limit 1${lock ? ' for update' : ''}`;
  const [found] = await em.execute<Record<string, unknown>[]>(sql, values);
  if (!found) return undefined;
  const row = Object.fromEntries(fields.map((field) => [field.property, read(field, found[field.column])]));
  return isRowOf(entity, row) ? row : undefined;
}

/** The rows whose `property` is one of these, in its order, so that whoever locks several never waits in a circle. */
export async function selectRows<T extends object>(
  em: EntityManager,
  entity: EntityName<T>,
  property: string & keyof T,
  values: readonly (string | number)[],
  { lock = false } = {},
): Promise<T[]> {
  if (values.length === 0) return [];
  const { name, fields, columnOf } = tableOf(em, entity);
  const column = `\`${columnOf(property)}\``;
  const places = values.map(() => '?').join(', ');
  const sql = `select * from \`${name}\` where ${column} in (${places}) order by ${column}${lock ? ' for update' : ''}`;
  const found = await em.execute<Record<string, unknown>[]>(sql, [...values]);
  return found.flatMap((one) => {
    const row = Object.fromEntries(fields.map((field) => [field.property, read(field, one[field.column])]));
    return isRowOf(entity, row) ? [row] : [];
  });
}

/** Inserts rows of the same properties in one statement. */
export async function insertRows<T extends object>(
  em: EntityManager,
  entity: EntityName<T>,
  rows: readonly RequiredEntityData<T>[],
): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const { name, columnOf } = tableOf(em, entity);
  const properties = Object.keys(first);
  const columns = properties.map((property) => `\`${columnOf(property)}\``).join(', ');
  const places = `(${properties.map(() => '?').join(', ')})`;
  const values = rows.flatMap((row) => {
    const given: Record<string, unknown> = { ...row };
    return properties.map((property) => given[property] ?? null);
  });
  await em.execute(`insert into \`${name}\` (${columns}) values ${rows.map(() => places).join(', ')}`, values, 'run');
}

/** Updates the rows that are as `where` says, and returns how many they were: the guard of every move. */
export async function updateRows<T extends object>(
  em: EntityManager,
  entity: EntityName<T>,
  where: Columns<T>,
  set: Columns<T>,
): Promise<number> {
  const { name, columnOf } = tableOf(em, entity);
  const [condition, compared] = allOf(where, columnOf, ' and ');
  const [assignments, values] = allOf(set, columnOf, ', ');
  const sql = `update \`${name}\` set ${assignments} where ${condition}`;
  const { affectedRows } = await em.execute<{ affectedRows: number }>(sql, [...values, ...compared], 'run');
  return affectedRows;
}

/** In a guard: whatever is there. */
export const notNull = Symbol('not null');
/** What guards a statement about many rows: rows that are otherwise are left. */
type Guard<T> = Readonly<{ [Property in keyof T]?: Value | typeof notNull }>;

/**
 * Sets columns of many rows, each to its own values, in one statement, and returns how many of them were as `guard` and
 * `also`, a condition in SQL, say. All rows name the same columns; what is the same for all of them is said once.
 */
export async function updateEach<T extends object>(
  em: EntityManager,
  entity: EntityName<T>,
  rows: readonly Readonly<{ id: string | number; set: Columns<T> }>[],
  guard?: Guard<T>,
  also?: string,
): Promise<number> {
  const [first] = rows;
  if (!first) return 0;
  const { name, columnOf } = tableOf(em, entity);
  const values: unknown[] = [];
  const sets = rows.map(({ id, set }): [string | number, Record<string, unknown>] => [id, { ...set }]);
  const assignments = Object.keys(first.set).map((property) => {
    const column = `\`${columnOf(property)}\``;
    const each = sets.map(([id, set]) => [id, set[property]]);
    if (new Set(each.map(([, value]) => textOf(value))).size === 1) {
      values.push(each[0]?.[1]);
      return `${column} = ?`;
    }
    values.push(...each.flat());
    return `${column} = case \`id\` ${rows.map(() => 'when ? then ?').join(' ')} else ${column} end`;
  });
  const guards = Object.entries<unknown>({ ...guard }).map(([property, value]) => {
    const column = `\`${columnOf(property)}\``;
    if (value === notNull) return { condition: `${column} is not null`, compared: [] };
    return value === null
      ? { condition: `${column} is null`, compared: [] }
      : { condition: `${column} = ?`, compared: [value] };
  });
  const ids = rows.map(({ id }) => id);
  const conditions = [
    `\`id\` in (${ids.map(() => '?').join(', ')})`,
    ...guards.map(({ condition }) => condition),
    ...(also === undefined ? [] : [also]),
  ];
  const sql = `update \`${name}\` set ${assignments.join(', ')} where ${conditions.join(' and ')}`;
  const given = [...values, ...ids, ...guards.flatMap(({ compared }) => compared)];
  return (await em.execute<{ affectedRows: number }>(sql, given, 'run')).affectedRows;
}

function textOf(value: unknown): string {
  return value instanceof Date ? value.toISOString() : `${typeof value} ${String(value)}`;
}

function allOf(columns: object, columnOf: Table['columnOf'], joint: ' and ' | ', '): [string, unknown[]] {
  const given = Object.entries<unknown>({ ...columns }).filter(([, value]) => value !== undefined);
  const isCondition = joint === ' and ';
  const parts = given.map(([property, value]) => {
    const column = `\`${columnOf(property)}\``;
    return isCondition && value === null ? `${column} is null` : `${column} = ?`;
  });
  return [parts.join(joint), given.flatMap(([, value]) => (isCondition && value === null ? [] : [value]))];
}

function tableOf<T extends object>(em: EntityManager, entity: EntityName<T>): Table {
  const { tableName: name, props } = em.getMetadata(entity);
  return {
    name,
    // Statements that read no row do without.
    get fields() {
      const stored = props.filter(({ fieldNames }) => fieldNames.length > 0);
      return stored.map((one) => ({
        property: one.name,
        column: one.fieldNames[0] ?? '',
        isDate: one.runtimeType === 'Date',
      }));
    },
    columnOf(property) {
      const column = props.find((one) => one.name === property)?.fieldNames[0];
      if (column === undefined) throw new TypeError(`${name} has no property '${property}'`);
      return column;
    },
  };
}

/** MySQL's times come as text, in UTC. */
function read({ isDate }: Field, value: unknown): unknown {
  return isDate && typeof value === 'string' ? new Date(`${value.replace(' ', 'T')}Z`) : value;
}

/** Safe because the row was read by the entity's own column names, and its columns were made from the entity. */
function isRowOf<T extends object>(_entity: EntityName<T>, row: object): row is T {
  return row !== null;
}
