import { type Env, type Expr, isTrue, type Run } from './expressions.ts';
import { type Assignment, parse, type Select, type Source, type Statement } from './parse.ts';
import { SqlError } from './sql-error.ts';
import { columnOf, duplicate, firstCounted, newRow, stored } from './stored.ts';
import { compare, Place, type Row, type Schema, Table, type Value, type Work } from './tables.ts';
import { shapeOf } from './tokens.ts';

/** What a server answers. */
export type Answer = readonly Row[] | Readonly<{ affectedRows: number; changedRows: number; insertId: number }>;

/** A statement that waits for another transaction to end; undone it stays where it is. */
export class Blocked extends Error {
  override name = 'Blocked';
  readonly by: Work;

  constructor(by: Work) {
    super('another transaction holds what is asked for');
    this.by = by;
  }
}

type Match = Readonly<{ env: Env; places: readonly Place[] }>;

/** MySQL's contract, READ COMMITTED, as far as the product leans on it: rows are locked until their transaction ends. */
export class Engine {
  readonly #schemas: ReadonlyMap<string, Schema>;
  readonly #plans = new Map<string, Statement>();
  #tables = new Map<string, Table>();

  constructor(schemas: readonly Schema[]) {
    this.#schemas = new Map(schemas.map((schema) => [schema.name, schema]));
    this.empty();
  }

  /** Begins anew, with what has been read of statements. */
  empty(): void {
    this.#tables = new Map([...this.#schemas].map(([name, schema]) => [name, new Table(schema)]));
  }

  /** The committed rows of a table. */
  rows(table: string): readonly Row[] {
    return this.#table(table).committed;
  }

  /** Prepares a statement; what it returns is called until it is not blocked any more. @throws SqlError then. */
  prepare(sql: string, work: Work): (nowMs: number) => Answer | Blocked {
    const { text, values } = shapeOf(sql);
    let plan = this.#plans.get(text);
    if (!plan) {
      plan = parse(text, this.#schemas, (select) => (env) => this.#read(select, env));
      this.#plans.set(text, plan);
    }
    const statement = plan;
    // An insert that waits goes on with the row at which it stopped.
    const progress: Place[] = [];
    return (nowMs) => {
      const run: Run = { values, work, nowMs, insertId: 0, inserted: undefined };
      work.waitsFor = undefined;
      try {
        return this.#execute(statement, run, progress);
      } catch (error) {
        if (!(error instanceof Blocked)) throw error;
        return this.#wait(work, error);
      }
    };
  }

  #wait(work: Work, blocked: Blocked): Blocked {
    for (let other: Work | undefined = blocked.by; other; other = other.waitsFor)
      if (other === work) {
        work.end(false);
        throw new SqlError(
          1213,
          'ER_LOCK_DEADLOCK',
          'Deadlock found when trying to get lock; try restarting transaction',
        );
      }
    work.waitsFor = blocked.by;
    return blocked;
  }

  #execute(statement: Statement, run: Run, progress: Place[]): Answer {
    switch (statement.is) {
      case 'select':
        return this.#select(statement, run);
      case 'insert':
        return this.#insert(statement, run, progress);
      case 'update':
        return this.#update(statement.changes, this.#lockAll(statement, run), run);
      case 'delete': {
        const matches = this.#lockAll(statement, run);
        for (const { places } of matches) for (const place of places) place.next = null;
        return okay(matches.length, 0);
      }
    }
  }

  #select(select: Select, run: Run): readonly Row[] {
    if (select.lock !== 'none') this.#lockAll(select, run, select.lock === 'nowait');
    return this.#envsOf(select, { run, rows: [], parent: undefined }).map((env) => rowOf(select, env));
  }

  /** What a select inside of another statement comes to. */
  #read(select: Select, parent: Env): readonly (readonly Value[])[] {
    return this.#envsOf(select, parent).map((env) => Object.values(rowOf(select, env)));
  }

  #envsOf(select: Select, { run, ...outside }: Env): readonly Env[] {
    const parent = outside.rows.length > 0 ? { run, ...outside } : outside.parent;
    const matches = this.#matches(select, { run, parent }, (place) => place.seenBy(run.work));
    const found = ordered(matches, select).map(({ env }) => env);
    const grouped = select.groups ? groupsOf(found, select.groups, { run, parent }) : found;
    if (!select.limit) return grouped;
    const count = (expr: Expr | undefined) => (expr ? Number(expr({ run, rows: [], parent })) : 0);
    const offset = count(select.offset);
    return grouped.slice(offset, offset + count(select.limit));
  }

  /** Rows that go together, of a version each, in the order of their keys. */
  #matches(
    { from, where }: Readonly<{ from: readonly Source[]; where: Expr | undefined }>,
    { run, parent }: Pick<Env, 'run' | 'parent'>,
    version: (place: Place) => Row | null,
    another?: (place: Place) => Row | null | undefined,
  ): Match[] {
    const matches: Match[] = [];
    const step = (before: Match, index: number) => {
      const source = from[index];
      if (!source) {
        if (!where || isTrue(where(before.env))) matches.push(before);
        return;
      }
      const meet = (place: Place, row: Row) => {
        const env = { run, rows: index === 0 ? [row] : [...before.env.rows, row], parent };
        if (!source.on || isTrue(source.on(env)))
          step({ env, places: index === 0 ? [place] : [...before.places, place] }, index + 1);
      };
      for (const place of this.#table(source.table).records) {
        const row = version(place);
        if (row) meet(place, row);
        const other = another?.(place);
        if (other && other !== row) meet(place, other);
      }
    };
    step({ env: { run, rows: [], parent }, places: [] }, 0);
    return matches;
  }

  /** Locks what is found, as it stands now. @throws Blocked at what another holds, as it was or as it may become. */
  #lockAll(statement: Found, run: Run, isImpatient = false): readonly Match[] {
    const { work } = run;
    const isForeign = ({ owner }: Place) => owner !== undefined && owner !== work;
    const committed = (place: Place) => (isForeign(place) ? place.values : place.seenBy(work));
    const written = (place: Place) => (isForeign(place) ? place.next : undefined);
    const matches = ordered(this.#matches(statement, { run, parent: undefined }, committed, written), statement);
    const most = statement.limit?.({ run, rows: [], parent: undefined });
    const wanted = matches.slice(0, most === undefined ? undefined : Number(most));
    for (const { places } of wanted)
      for (const place of places) {
        if (isForeign(place) && isImpatient)
          throw new SqlError(3572, 'ER_LOCK_NOWAIT', 'a row is locked and NOWAIT is set');
        if (place.owner && place.owner !== work) throw new Blocked(place.owner);
        place.lock(work);
      }
    return wanted;
  }

  #update(changes: readonly Assignment[], matches: readonly Match[], run: Run): Answer {
    const changed = new Set<Place>();
    const tables = new Set(changes.map((change) => change.table));
    for (const { env, places } of matches) {
      const rows = env.rows.map((row, table): Record<string, Value> => (tables.has(table) ? { ...row } : row));
      const changing = { ...env, rows };
      for (const { table, column, expr } of changes) {
        const row = rows[table];
        if (row) row[column] = stored(columnOf(places[table], column), expr(changing));
      }
      for (const table of tables) {
        const [place, row] = [places[table], rows[table]];
        if (!place || !row) continue;
        const conflict = this.#conflict(place.table, row, run.work, place);
        if (conflict) throw duplicate(conflict.table);
        place.next = row;
        changed.add(place);
      }
    }
    return okay(changed.size, run.insertId);
  }

  #insert(statement: Extract<Statement, { is: 'insert' }>, run: Run, progress: Place[]): Answer {
    const table = this.#table(statement.table);
    try {
      for (const values of statement.rows.slice(progress.length)) {
        const row = newRow(table, statement.columns, values, run);
        const known = this.#conflict(table, row, run.work);
        if (known && statement.changes.length === 0) throw duplicate(table);
        progress.push(known ? this.#meet(known, row, statement.changes, run) : newPlace(table, row, run.work));
      }
    } catch (error) {
      if (error instanceof Blocked) throw error;
      for (const one of progress.splice(0)) if (one.values === null) one.end(false);
      throw error;
    }
    const met = progress.filter(({ values }) => values !== null).length;
    return okay(progress.length + met, run.insertId || firstCounted(table, progress));
  }

  #meet(known: Place, row: Row, changes: readonly Assignment[], run: Run): Place {
    known.lock(run.work);
    run.inserted = row;
    this.#update(
      changes,
      [{ env: { run, rows: [known.seenBy(run.work) ?? {}], parent: undefined }, places: [known] }],
      run,
    );
    return known;
  }

  /** The place that has one of a row's keys. @throws Blocked when another may give it up, or has just taken it. */
  #conflict(table: Table, row: Row, work: Work, own?: Place): Place | undefined {
    for (const key of table.schema.keys) {
      if (key.some((name) => (row[name] ?? null) === null)) continue;
      const isSame = (other: Row | null | undefined) =>
        !!other && key.every((name) => compare(other[name] ?? null, row[name] ?? null) === 0);
      for (const one of table.records) {
        if (one === own) continue;
        const isForeign = one.owner !== undefined && one.owner !== work;
        if (isForeign && one.owner && (isSame(one.values) || isSame(one.next))) throw new Blocked(one.owner);
        if (!isForeign && isSame(one.seenBy(work))) return one;
      }
    }
    return undefined;
  }

  #table(name: string): Table {
    const table = this.#tables.get(name);
    if (!table) throw new SqlError(1146, 'ER_NO_SUCH_TABLE', `there is no table ${name}`);
    return table;
  }
}

type Found = Pick<Select, 'from' | 'where' | 'order' | 'limit'>;

function rowOf({ items }: Select, env: Env): Row {
  const row: Record<string, Value> = {};
  for (const item of items)
    if ('all' in item) Object.assign(row, env.rows[item.all]);
    else row[item.name] = item.expr(env);
  return row;
}

function ordered(matches: readonly Match[], { order }: Pick<Found, 'order'>): readonly Match[] {
  if (order.length === 0) return matches;
  return matches.toSorted((one, other) => {
    for (const { expr, isDescending } of order) {
      const difference = compare(expr(one.env), expr(other.env));
      if (difference !== 0) return isDescending ? -difference : difference;
    }
    return 0;
  });
}

function groupsOf(found: readonly Env[], by: readonly Expr[], outside: Pick<Env, 'run' | 'parent'>): readonly Env[] {
  const groups =
    by.length === 0 ? [found] : Map.groupBy(found, (env) => JSON.stringify(by.map((expr) => expr(env)))).values();
  return Array.from(groups, (group) => ({ ...outside, rows: group[0]?.rows ?? [], group }));
}

function newPlace(table: Table, row: Row, work: Work): Place {
  const made = new Place(table, null);
  made.next = row;
  made.lock(work);
  table.add(made, row);
  return made;
}

function okay(affectedRows: number, insertId: number): Answer {
  return { affectedRows, changedRows: affectedRows, insertId };
}
