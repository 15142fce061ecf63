import type { EntityManager, EntityName, RequiredEntityData } from '@mikro-orm/mysql';
import { answeredLater, LaterRows, together, withNext } from './pipeline.ts';
import { choose, parseMoment, textOf, type ValueText } from './values.ts';

/** What a column is compared with or set to. */
type Value = string | number | boolean | Date | null | undefined;
/** Columns by the names of their entity's properties. */
export type Columns<T> = Readonly<{ [Property in keyof T]?: Value }>;
type Field = Readonly<{ property: string; field: string; isDate: boolean }>;
type Table = Readonly<{ name: string; fields: readonly Field[]; text: ValueText; columnOf(property: string): string }>;

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
  const table = tableOf(em, entity);
  const condition = conditionsOf(table, where).join(' and ');
  const [found] = await readRows(em, entity, `where ${condition} limit 1${lock ? ' for update' : ''}`);
  return found;
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
  const selection = selectionOf(em, entity, { property, values, lock });
  return selection.read(await em.execute<Record<string, unknown>[]>(selection.sql));
}

/** A statement that reads rows, and how they are read from what it finds. */
export type Selection<T> = Readonly<{ sql: string; read(found: readonly Record<string, unknown>[]): T[] }>;

/** Which rows are read: whose `property` is one of some values. */
type Wanted<T> = Readonly<{ property: string & keyof T; values: readonly (string | number)[]; lock?: boolean }>;

/** What {@link selectRows} asks, to be asked together with more. There must be a value. */
export function selectionOf<T extends object>(
  em: EntityManager,
  entity: EntityName<T>,
  { property, values, lock = false }: Wanted<T>,
): Selection<T> {
  const table = tableOf(em, entity);
  const column = table.columnOf(property);
  const list = values.map(table.text).join(', ');
  const which = `where ${column} in (${list}) order by ${column}${lock ? ' for update' : ''}`;
  return { sql: `select * from \`${table.name}\` ${which}`, read: (found) => rowsOf(entity, table, found) };
}

/** Asks two things at once. */
export async function selectBoth<One, Other>(
  em: EntityManager,
  one: Selection<One>,
  other: Selection<Other>,
): Promise<readonly [One[], Other[]]> {
  const [ones = [], others = []] = await em.execute<Record<string, unknown>[][]>(together([one.sql, other.sql]));
  return [one.read(ones), other.read(others)];
}

/** Asks with the next statement of the transaction; outside of one, at once. */
export async function askLater<Row extends object>(em: EntityManager, sql: string): Promise<LaterRows<Row>> {
  const told = await em.execute<Row[] | ToldLater<Row>>(answeredLater(sql));
  return isLater(told) ? told[0].later : new LaterRows(Promise.resolve(told));
}

type ToldLater<Row> = readonly [Readonly<{ later: LaterRows<Row> }>];

function isLater<Row extends object>(told: Row[] | ToldLater<Row>): told is ToldLater<Row> {
  const [first] = told;
  return first !== undefined && 'later' in first && first.later instanceof LaterRows;
}

async function readRows<T extends object>(em: EntityManager, entity: EntityName<T>, which: string): Promise<T[]> {
  const table = tableOf(em, entity);
  const found = await em.execute<Record<string, unknown>[]>(`select * from \`${table.name}\` ${which}`);
  return rowsOf(entity, table, found);
}

function rowsOf<T extends object>(
  entity: EntityName<T>,
  { fields }: Table,
  found: readonly Record<string, unknown>[],
): T[] {
  return found.flatMap((one) => {
    const row: Record<string, unknown> = {};
    for (const { property, field, isDate } of fields) row[property] = read(isDate, one[field]);
    return isRowOf(entity, row) ? [row] : [];
  });
}

/**
 * Inserts rows of the same properties in one statement. In a transaction it travels with the next statement, which then tells what
 * is wrong with it.
 */
export async function insertRows<T extends object>(
  em: EntityManager,
  entity: EntityName<T>,
  rows: readonly RequiredEntityData<T>[],
): Promise<void> {
  if (rows.length > 0) await em.execute(withNext(insertionOf(em, entity, rows)), [], 'run');
}

/** The same of rows that may be there already, by a unique key: those are written again, each as the last of these has it. */
export async function writeRows<T extends object>(
  em: EntityManager,
  entity: EntityName<T>,
  rows: readonly RequiredEntityData<T>[],
): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const columns = Object.keys(first).map(tableOf(em, entity).columnOf);
  const again = columns.map((column) => `${column} = values(${column})`).join(', ');
  await em.execute(withNext(`${insertionOf(em, entity, rows)} on duplicate key update ${again}`), [], 'run');
}

function insertionOf<T extends object>(
  em: EntityManager,
  entity: EntityName<T>,
  rows: readonly RequiredEntityData<T>[],
): string {
  const { name, columnOf, text } = tableOf(em, entity);
  const properties = Object.keys(rows[0] ?? {});
  const values = rows.map((row) => {
    const columns: Record<string, unknown> = { ...row };
    return `(${properties.map((property) => text(columns[property])).join(', ')})`;
  });
  return `insert into \`${name}\` (${properties.map(columnOf).join(', ')}) values ${values.join(', ')}`;
}

/** Deletes the rows of these ids. */
export async function deleteRows<T extends object>(
  em: EntityManager,
  entity: EntityName<T>,
  ids: readonly (string | number)[],
): Promise<void> {
  if (ids.length === 0) return;
  const list = ids.map(textOf(em)).join(', ');
  await em.execute(`delete from \`${tableOf(em, entity).name}\` where \`id\` in (${list})`, [], 'run');
}

/** Updates the rows that are as `where` says, and returns how many they were: the guard of every move. */
export async function updateRows<T extends object>(
  em: EntityManager,
  entity: EntityName<T>,
  where: Columns<T>,
  set: Columns<T>,
): Promise<number> {
  const table = tableOf(em, entity);
  const assignments = given(set).map(([property, value]) => `${table.columnOf(property)} = ${table.text(value)}`);
  const sql = change(table, assignments, conditionsOf(table, where));
  return (await em.execute<Changed>(sql, [], 'run')).affectedRows;
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
  if (rows.length === 0) return 0;
  const { affectedRows } = await em.execute<Changed>(changeOf(em, entity, { rows, guard, also }), [], 'run');
  return affectedRows;
}

/** Carries out two changes at once, and returns how many rows each of them found as its guard says. */
export async function changeBoth(em: EntityManager, one: string, other: string): Promise<readonly [number, number]> {
  const [ones, others] = await em.execute<Changed[]>(together([one, other]));
  return [ones?.affectedRows ?? 0, others?.affectedRows ?? 0];
}

/**
 * Changes a row that the transaction has locked with what is sent next, COMMIT at the latest, and returns what is so, as a condition, if
 * it was as `guard` and `also` say: for {@link refuseUnless}.
 */
export async function changeWithNext<T extends object>(
  em: EntityManager,
  entity: EntityName<T>,
  wanted: Change<T> & Readonly<{ rows: readonly [Readonly<{ id: string | number; set: Columns<T> }>] }>,
): Promise<string> {
  const table = tableOf(em, entity);
  const [{ id, set }] = wanted.rows;
  await em.execute(withNext(changeOf(em, entity, wanted)), [], 'run');
  const changed = [`\`id\` = ${table.text(id)}`, ...conditionsOf(table, set)].join(' and ');
  return `exists (select 1 from \`${table.name}\` where ${changed})`;
}

/** Has the server refuse what comes after this, COMMIT at the latest, unless all these conditions hold: see {@link isMissed}. */
export async function refuseUnless(em: EntityManager, conditions: readonly string[]): Promise<void> {
  // There is no number after this one.
  const refusal = `select ${largest} + (not (${conditions.join(' and ')})) > 0 as is_so`;
  await em.execute(withNext(refusal), [], 'run');
}

/** Whether a transaction was refused by {@link refuseUnless}. */
export function isMissed(error: unknown): boolean {
  return error instanceof Error && 'errno' in error && error.errno === outOfRange;
}

const largest = '18446744073709551615';
const outOfRange = 1690;

type Changed = Readonly<{ affectedRows: number }>;

/** What is changed of which rows: see {@link updateEach}. */
type Change<T> = Readonly<{
  rows: readonly Readonly<{ id: string | number; set: Columns<T> }>[];
  guard?: Guard<T> | undefined;
  also?: string | undefined;
}>;

/** The statement of {@link updateEach}, to be sent together with more. There must be a row. */
export function changeOf<T extends object>(
  em: EntityManager,
  entity: EntityName<T>,
  { rows, guard, also }: Change<T>,
): string {
  const table = tableOf(em, entity);
  const { columnOf, text } = table;
  const sets = rows.map(({ id, set }): [string | number, Record<string, unknown>] => [id, { ...set }]);
  const assignments = Object.keys(rows[0]?.set ?? {}).map((property) => {
    const each = sets.map(([id, set]) => [id, set[property]] as const);
    const isOne = new Set(each.map(([, value]) => text(value))).size === 1;
    return `${columnOf(property)} = ${isOne ? text(each[0]?.[1]) : choose('`id`', each, text)}`;
  });
  const ids = `\`id\` in (${rows.map(({ id }) => text(id)).join(', ')})`;
  const conditions = [ids, ...conditionsOf(table, guard ?? {}), ...(also === undefined ? [] : [also])];
  return change(table, assignments, conditions);
}

function change({ name }: Table, assignments: readonly string[], conditions: readonly string[]): string {
  return `update \`${name}\` set ${assignments.join(', ')} where ${conditions.join(' and ')}`;
}

function conditionsOf({ columnOf, text }: Table, columns: object): string[] {
  return given(columns).map(([property, value]) => {
    if (value === notNull) return `${columnOf(property)} is not null`;
    return value === null ? `${columnOf(property)} is null` : `${columnOf(property)} = ${text(value)}`;
  });
}

function given(columns: object): [string, unknown][] {
  return Object.entries<unknown>({ ...columns }).filter(([, value]) => value !== undefined);
}

function tableOf<T extends object>(em: EntityManager, entity: EntityName<T>): Table {
  const { tableName: name, props } = em.getMetadata(entity);
  return {
    name,
    text: textOf(em),
    // Statements that read no row do without.
    get fields() {
      const stored = props.filter(({ fieldNames }) => fieldNames.length > 0);
      return stored.map((one) => ({
        property: one.name,
        field: one.fieldNames[0] ?? '',
        isDate: one.runtimeType === 'Date',
      }));
    },
    columnOf(property) {
      const field = props.find((one) => one.name === property)?.fieldNames[0];
      if (field === undefined) throw new TypeError(`${name} has no property '${property}'`);
      return `\`${field}\``;
    },
  };
}

function read(isDate: boolean, value: unknown): unknown {
  return isDate && typeof value === 'string' ? parseMoment(value) : value;
}

/** Safe because the row was read by the entity's own column names, and its columns were made from the entity. */
function isRowOf<T extends object>(_entity: EntityName<T>, row: object): row is T {
  return row !== null;
}
