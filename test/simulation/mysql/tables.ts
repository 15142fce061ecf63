import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** What a column holds; moments are text, as MySQL tells them. */
export type Value = string | number | null;
/** A row by its columns' names. */
export type Row = Readonly<Record<string, Value>>;

/** What a column takes. */
export type Column = Readonly<{
  name: string;
  kind: 'text' | 'number' | 'moment';
  isNullable: boolean;
  isUnsigned: boolean;
  isCounter: boolean;
  /** Undefined: a value must be given. */
  whenAbsent: Value | undefined;
  /** It then takes the moment. */
  isNow: boolean;
}>;

/** A table as the migrations leave it. Its first key is the primary one, by which its records are in order. */
export type Schema = Readonly<{
  name: string;
  columns: readonly Column[];
  byName: ReadonlyMap<string, Column>;
  keys: readonly (readonly string[])[];
}>;

const Snapshot = z.object({
  tables: z.array(
    z.object({
      name: z.string(),
      columns: z.record(
        z.string(),
        z.object({
          name: z.string(),
          type: z.string(),
          unsigned: z.boolean(),
          autoincrement: z.boolean(),
          nullable: z.boolean(),
          default: z.string().nullable(),
        }),
      ),
      indexes: z.array(z.object({ columnNames: z.array(z.string()), primary: z.boolean(), unique: z.boolean() })),
    }),
  ),
});
type Described = z.output<typeof Snapshot>['tables'][number];

/** The tables of the committed snapshot, which a test holds equal to what the migrations make of a real server. */
export function readSchemas(): readonly Schema[] {
  const file = new URL('../../../migrations/.snapshot.json', import.meta.url);
  return Snapshot.parse(JSON.parse(readFileSync(file, 'utf8'))).tables.map(schemaOf);
}

function schemaOf({ name, columns, indexes }: Described): Schema {
  const keys = indexes
    .filter(({ unique }) => unique)
    .toSorted((one, other) => Number(other.primary) - Number(one.primary));
  const all = Object.values(columns).map(columnOf);
  const byName = new Map(all.map((column) => [column.name, column]));
  return { name, columns: all, byName, keys: keys.map(({ columnNames }) => columnNames) };
}

function columnOf(described: Described['columns'][string]): Column {
  const { name, type, unsigned: isUnsigned, autoincrement: isCounter, nullable: isNullable } = described;
  const kind = type.startsWith('datetime') ? 'moment' : /int/.test(type) ? 'number' : 'text';
  const isNow = described.default?.startsWith('current_timestamp') ?? false;
  return { name, kind, isNullable, isUnsigned, isCounter, isNow, whenAbsent: whenAbsent(described, kind) };
}

function whenAbsent({ nullable, autoincrement, default: given }: Described['columns'][string], kind: Column['kind']) {
  if (given === null) return nullable || autoincrement ? null : undefined;
  const plain = given.replaceAll("'", '');
  return kind === 'number' ? Number(plain === 'false' ? 0 : plain) : plain;
}

/** One transaction: what it has locked, and whom it waits for. */
export class Work {
  readonly records = new Set<Place>();
  waitsFor: Work | undefined;
  isOver = false;

  /** Keeps what was written, or undoes it; whoever waits may go on. */
  end(isCommitted: boolean): void {
    for (const place of this.records) place.end(isCommitted);
    this.records.clear();
    this.waitsFor = undefined;
    this.isOver = true;
  }
}

/** A row in its place: as it was committed last, and as whoever has locked it has written it. */
export class Place {
  readonly table: Table;
  values: Row | null;
  /** Undefined: nothing is written; null: deleted. */
  next: Row | null | undefined;
  owner: Work | undefined;

  constructor(table: Table, values: Row | null) {
    this.table = table;
    this.values = values;
  }

  /** As this transaction sees it. */
  seenBy(work: Work | undefined): Row | null {
    return work !== undefined && this.owner === work && this.next !== undefined ? this.next : this.values;
  }

  lock(work: Work): void {
    this.owner = work;
    work.records.add(this);
  }

  /** Ends what its owner has begun. */
  end(isCommitted: boolean): void {
    if (isCommitted && this.next !== undefined) {
      this.values = this.next;
      this.table.change();
    }
    this.next = undefined;
    this.owner = undefined;
    if (this.values === null) this.table.remove(this);
  }
}

/** A table's records, in the order of its primary key. */
export class Table {
  readonly schema: Schema;
  readonly records: Place[] = [];
  #committed: readonly Row[] | undefined;
  /** Goes on whatever becomes of a transaction. */
  counter = 0;

  constructor(schema: Schema) {
    this.schema = schema;
  }

  /** The rows that are committed. */
  get committed(): readonly Row[] {
    this.#committed ??= this.records.flatMap(({ values }) => (values ? [values] : []));
    return this.#committed;
  }

  /** Something has been committed. */
  change(): void {
    this.#committed = undefined;
  }

  add(record: Place, values: Row): void {
    const [primary = []] = this.schema.keys;
    let place = this.records.length;
    while (place > 0 && compareKeys(primary, rowOf(this.records[place - 1]), values) > 0) place -= 1;
    this.records.splice(place, 0, record);
  }

  remove(record: Place): void {
    const place = this.records.indexOf(record);
    if (place !== -1) this.records.splice(place, 1);
  }
}

function rowOf(record: Place | undefined): Row {
  return record?.next ?? record?.values ?? {};
}

function compareKeys(columns: readonly string[], one: Row, other: Row): number {
  for (const column of columns) {
    const order = compare(one[column] ?? null, other[column] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}

/** Which of two values is the lesser, as `utf8mb4_bin` and numbers have it; null is the least. */
export function compare(one: Value, other: Value): number {
  if (one === other) return 0;
  if (one === null) return -1;
  if (other === null) return 1;
  if (typeof one === typeof other) return one < other ? -1 : 1;
  return Number(one) === Number(other) ? 0 : Number(one) < Number(other) ? -1 : 1;
}
