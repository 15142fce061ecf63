import type { Expr, Node, Scope } from './expressions.ts';
import { Expressions, only, type Reading } from './parse-expressions.ts';
import type { Schema } from './tables.ts';
import { type Token, tokensOf } from './tokens.ts';

/** A table that is read, and on what its rows go with those before it. */
export type Source = Readonly<{ table: string; on: Expr | undefined }>;
type Ordering = Readonly<{ expr: Expr; isDescending: boolean }>;
type Found = Readonly<{
  from: readonly Source[];
  where: Expr | undefined;
  order: readonly Ordering[];
  limit: Expr | undefined;
}>;
export type Assignment = Readonly<{ table: number; column: string; expr: Expr }>;

export type Select = Found &
  Readonly<{
    is: 'select';
    items: readonly (Readonly<{ name: string; expr: Expr }> | Readonly<{ all: number }>)[];
    groups: readonly Expr[] | undefined;
    offset: Expr | undefined;
    lock: 'none' | 'wait' | 'nowait';
  }>;
export type Statement =
  | Select
  | Readonly<{
      is: 'insert';
      table: string;
      columns: readonly string[];
      rows: readonly (readonly Expr[])[];
      changes: readonly Assignment[];
    }>
  | (Found & Readonly<{ is: 'update'; changes: readonly Assignment[] }>)
  | (Found & Readonly<{ is: 'delete' }>);

/** What evaluates a select inside of an expression. */
export type Reader = (select: Select) => Reading;

/** Reads SQL as far as the product speaks it. @throws SyntaxError at the rest. */
export function parse(text: string, schemas: ReadonlyMap<string, Schema>, reader: Reader): Statement {
  return new Parser(tokensOf(text), schemas, reader).statement();
}

class Parser extends Expressions {
  readonly #schemas: ReadonlyMap<string, Schema>;
  readonly #reader: Reader;

  constructor(tokens: readonly Token[], schemas: ReadonlyMap<string, Schema>, reader: Reader) {
    super(tokens);
    this.#schemas = schemas;
    this.#reader = reader;
  }

  statement(): Statement {
    const statement = this.#anyStatement();
    if (!this.isOver) throw this.unknown();
    return statement;
  }

  #anyStatement(): Statement {
    if (this.skip('select')) return this.#select(undefined);
    if (this.skip('insert')) return this.#insert();
    const scope: Scope = { tables: [], parent: undefined };
    if (this.skip('delete')) {
      this.expect('from');
      return { is: 'delete', ...this.#found(scope, this.#sources(scope)) };
    }
    this.expect('update');
    const from = this.#sources(scope);
    this.expect('set');
    const changes = this.#changes(scope);
    return { is: 'update', changes, ...this.#found(scope, from) };
  }

  #select(parent: Scope | undefined): Select {
    const scope: Scope = { tables: [], parent };
    const written: ({ name: string; node: Node } | { allOf: string | undefined })[] = [];
    do written.push(this.#item(scope));
    while (this.skip(','));
    const from = this.skip('from') ? this.#sources(scope) : [];
    const where = this.skip('where') ? this.expr(scope) : undefined;
    const groups = this.skip('group') ? this.after('by', () => this.list(() => this.expr(scope))) : undefined;
    const isAggregate = written.some((item) => 'node' in item && item.node.isAggregate);
    const { order, limit } = this.#ends(scope);
    const offset = this.skip('offset') ? this.expr(scope) : undefined;
    const lock = !this.skip('for') ? 'none' : this.after('update', () => (this.skip('nowait') ? 'nowait' : 'wait'));
    const items = written.flatMap((item): Select['items'] => {
      if ('node' in item) return [{ name: item.name, expr: only(item.node) }];
      return scope.tables.flatMap(({ alias }, all) => ((item.allOf ?? alias) === alias ? [{ all }] : []));
    });
    return {
      is: 'select',
      items,
      from,
      where,
      groups: groups ?? (isAggregate ? [] : undefined),
      order,
      limit,
      offset,
      lock,
    };
  }

  #item(scope: Scope): { name: string; node: Node } | { allOf: string | undefined } {
    if (this.skip('*')) return { allOf: undefined };
    if (this.peek(1) === '.' && this.peek(2) === '*') {
      const allOf = this.next();
      this.expect('.');
      this.expect('*');
      return { allOf };
    }
    const node = this.node(scope);
    const last = this.peek(-1);
    const name = this.skip('as') ? this.next() : last;
    return { name, node };
  }

  #insert(): Statement {
    this.expect('into');
    const table = this.next();
    const columns = this.inBrackets(() => this.list(() => this.next()));
    this.expect('values');
    const scope: Scope = { tables: [{ alias: table, schema: this.#schemaOf(table) }], parent: undefined };
    const rows = this.list(() => this.inBrackets(() => this.list(() => this.expr(scope))));
    if (!this.skip('on')) return { is: 'insert', table, columns, rows, changes: [] };
    for (const word of ['duplicate', 'key', 'update']) this.expect(word);
    return { is: 'insert', table, columns, rows, changes: this.#changes(scope) };
  }

  #changes(scope: Scope): Assignment[] {
    return this.list(() => {
      const first = this.next();
      const name = this.skip('.') ? this.next() : first;
      const table = name === first ? 0 : scope.tables.findIndex(({ alias }) => alias === first);
      this.expect('=');
      return { table: Math.max(table, 0), column: name, expr: this.expr(scope) };
    });
  }

  #sources(scope: Scope): Source[] {
    const sources: Source[] = [];
    do {
      const table = this.next();
      this.skip('as');
      const alias = this.isName() ? this.next() : table;
      scope.tables.push({ alias, schema: this.#schemaOf(table) });
      if (this.skip('force')) this.after('index', () => this.inBrackets(() => this.next()));
      sources.push({ table, on: this.skip('on') ? this.expr(scope) : undefined });
      this.skip('inner');
    } while (this.skip('join'));
    return sources;
  }

  #found(scope: Scope, from: readonly Source[]): Found {
    const where = this.skip('where') ? this.expr(scope) : undefined;
    return { from, where, ...this.#ends(scope) };
  }

  #ends(scope: Scope): Pick<Found, 'order' | 'limit'> {
    const ordering = () => {
      const expr = this.expr(scope);
      const isDescending = this.skip('desc');
      if (!isDescending) this.skip('asc');
      return { expr, isDescending };
    };
    const order = this.skip('order') ? this.after('by', () => this.list(ordering)) : [];
    return { order, limit: this.skip('limit') ? this.expr(scope) : undefined };
  }

  protected override reading(scope: Scope): Reading {
    return this.#reader(this.#select(scope));
  }

  #schemaOf(table: string): Schema {
    const schema = this.#schemas.get(table);
    if (!schema) throw new SyntaxError(`the double has no table ${table}`);
    return schema;
  }
}
