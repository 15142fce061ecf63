import { SqlError } from './sql-error.ts';
import { compare, type Row, type Schema, type Value, type Work } from './tables.ts';

/** A statement at work: its values, its time, and what its expressions leave behind. */
export type Run = {
  readonly values: readonly Value[];
  readonly work: Work;
  readonly nowMs: number;
  insertId: number;
  /** The row that meets one that is there already. */
  inserted: Row | undefined;
};

/** Rows that an expression speaks of, one a table; and all of them where they are taken together. */
export type Env = Readonly<{ run: Run; rows: readonly Row[]; group?: readonly Env[]; parent: Env | undefined }>;
export type Expr = (env: Env) => Value;
/** An expression, or several in brackets. */
export type Node = Readonly<{ items: readonly Expr[]; isAggregate: boolean }>;

/** The tables that names may belong to. */
export type Scope = {
  readonly tables: { readonly alias: string; readonly schema: Schema }[];
  readonly parent: Scope | undefined;
};

/** A column by its name; it is looked up on first use, when all tables have been read. */
export function column(scope: Scope, qualifier: string | undefined, name: string): Expr {
  let found: readonly [depth: number, table: number] | undefined;
  return (env) => {
    found ??= find(scope, qualifier, name);
    let at: Env | undefined = env;
    for (let depth = found[0]; depth > 0; depth -= 1) at = at?.parent;
    return at?.rows[found[1]]?.[name] ?? null;
  };
}

function find(scope: Scope, qualifier: string | undefined, name: string): readonly [number, number] {
  let depth = 0;
  for (let at: Scope | undefined = scope; at; at = at.parent, depth += 1) {
    const table = at.tables.findIndex(({ alias, schema }) => (qualifier ?? alias) === alias && schema.byName.has(name));
    if (table !== -1) return [depth, table];
  }
  throw new SyntaxError(`the double knows no column ${qualifier ?? ''}.${name}`);
}

/** MySQL's three truths. */
export function truth(value: boolean | null): Value {
  return value === null ? null : value ? 1 : 0;
}

export function isTrue(value: Value): boolean {
  return value !== null && Number(value) !== 0;
}

/** Compares two values; null with whatever is null. */
export function comparison(operator: string, one: Expr, other: Expr): Expr {
  const holds = comparisons[operator];
  if (!holds) throw new SyntaxError(`the double does not compare by ${operator}`);
  return (env) => {
    const [a, b] = [one(env), other(env)];
    return a === null || b === null ? null : truth(holds(compare(a, b)));
  };
}

const comparisons: Readonly<Record<string, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '<': (order) => order < 0,
  '>': (order) => order > 0,
  '<=': (order) => order <= 0,
  '>=': (order) => order >= 0,
  '<>': (order) => order !== 0,
  '!=': (order) => order !== 0,
};

/** Whether a value, or several, are one of these. */
export function within(items: readonly Expr[], list: readonly (readonly Expr[])[], isNegated: boolean): Expr {
  return (env) => {
    const own = items.map((item) => item(env));
    if (own.includes(null)) return null;
    const isIn = list.some((one) => one.every((item, index) => isSame(own[index] ?? null, item(env))));
    return truth(isIn !== isNegated);
  };
}

function isSame(one: Value, other: Value): boolean {
  return other !== null && compare(one, other) === 0;
}

const unitMs: Readonly<Record<string, number>> = {
  microsecond: 0.001,
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

// The largest integer, as near as a number comes to it.
const mostInteger = 2 ** 64;

/** Adds to, or takes from, a number or a moment. */
export function sum(one: Expr, sign: 1 | -1, other: Expr, unit: string | undefined): Expr {
  const ms = unit === undefined ? undefined : unitMs[unit];
  if (unit !== undefined && ms === undefined) throw new SyntaxError(`the double knows no interval of a ${unit}`);
  return (env) => {
    const [a, b] = [one(env), other(env)];
    if (a === null || b === null) return null;
    if (ms === undefined && sign > 0 && Number(a) === mostInteger && Number(b) > 0)
      throw new SqlError(1690, 'ER_DATA_OUT_OF_RANGE', 'BIGINT UNSIGNED value is out of range');
    return ms === undefined ? Number(a) + sign * Number(b) : momentText(momentMs(String(a)) + sign * Number(b) * ms);
  };
}

/** A moment as MySQL tells it, with milliseconds. */
export function momentText(ms: number): string {
  return new Date(Math.round(ms)).toISOString().slice(0, -1).replace('T', ' ');
}

function momentMs(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}Z`);
}

/** MySQL's functions, as far as they are asked for. */
export function call(name: string, items: readonly Expr[], isOfAll: boolean): Node {
  const [first = () => null, second = () => null, third = () => null] = items;
  const plain = (one: Expr) => ({ items: [one], isAggregate: false });
  switch (name) {
    case 'if':
      return plain((env) => (isTrue(first(env)) ? second(env) : third(env)));
    case 'coalesce':
      return plain((env) => items.reduce<Value>((before, item) => before ?? item(env), null));
    case 'greatest':
      return plain((env) => {
        const values = items.map((item) => item(env)).toSorted(compare);
        return values.includes(null) ? null : (values.at(-1) ?? null);
      });
    case 'utc_timestamp':
      return plain((env) => momentText(env.run.nowMs));
    case 'last_insert_id':
      return plain((env) => (env.run.insertId = Number(first(env))));
    case 'count':
      return { items: [(env) => (isOfAll ? groupOf(env) : given(env, first)).length], isAggregate: true };
    case 'max':
      return { items: [(env) => given(env, first).toSorted(compare).at(-1) ?? null], isAggregate: true };
    default:
      throw new SyntaxError(`the double has no function ${name}`);
  }
}

function groupOf(env: Env): readonly Env[] {
  return env.group ?? [];
}

function given(env: Env, item: Expr): readonly Value[] {
  return groupOf(env)
    .map(item)
    .filter((value) => value !== null);
}
