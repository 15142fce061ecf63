import {
  call,
  column,
  comparison,
  type Env,
  type Expr,
  isTrue,
  type Node,
  type Scope,
  sum,
  truth,
  within,
} from './expressions.ts';
import type { Value } from './tables.ts';
import { Words } from './words.ts';

/** What a select inside of an expression comes to. */
export type Reading = (env: Env) => readonly (readonly Value[])[];

/** Reads expressions, by the order in which their operators bind. */
export abstract class Expressions extends Words {
  #values = 0;

  /** Reads the rest of a select. */
  protected abstract reading(scope: Scope): Reading;

  protected expr(scope: Scope): Expr {
    return only(this.node(scope));
  }

  protected node(scope: Scope): Node {
    let left = this.#conjunction(scope);
    while (this.skip('or')) {
      const [one, other] = [only(left), only(this.#conjunction(scope))];
      left = plain((env) => (isTrue(one(env)) || isTrue(other(env)) ? 1 : 0));
    }
    return left;
  }

  #conjunction(scope: Scope): Node {
    let left = this.#negation(scope);
    while (this.skip('and')) {
      const [one, other] = [only(left), only(this.#negation(scope))];
      left = plain((env) => (isTrue(one(env)) && isTrue(other(env)) ? 1 : 0));
    }
    return left;
  }

  #negation(scope: Scope): Node {
    if (!this.skip('not')) return this.#predicate(scope);
    const inner = only(this.#negation(scope));
    return plain((env) => {
      const value = inner(env);
      return value === null ? null : truth(!isTrue(value));
    });
  }

  #predicate(scope: Scope): Node {
    const left = this.#additive(scope);
    if (this.skip('is')) {
      const [isNegated, one] = [this.skip('not'), only(left)];
      this.expect('null');
      return plain((env) => truth((one(env) === null) !== isNegated));
    }
    const isNegated = this.skip('not');
    if (this.skip('in')) return this.inBrackets(() => this.#membership(scope, left, isNegated));
    if (!/^(=|<|>|<=|>=|<>|!=)$/.test(this.peek(0))) return left;
    return plain(comparison(this.next(), only(left), only(this.#additive(scope))));
  }

  #membership(scope: Scope, { items }: Node, isNegated: boolean): Node {
    if (!this.skip('select'))
      return plain(
        within(
          items,
          this.list(() => this.#additive(scope).items),
          isNegated,
        ),
      );
    const read = this.reading(scope);
    return plain((env) => {
      const list = read(env).map((row) =>
        row.map(
          (value): Expr =>
            () =>
              value,
        ),
      );
      return within(items, list, isNegated)(env);
    });
  }

  #additive(scope: Scope): Node {
    let left = this.#primary(scope);
    for (;;) {
      const sign = this.skip('+') ? 1 : this.skip('-') ? -1 : undefined;
      if (sign === undefined) return left;
      const isInterval = this.skip('interval');
      const [one, other] = [only(left), only(this.#primary(scope))];
      left = plain(sum(one, sign, other, isInterval ? this.next() : undefined));
    }
  }

  #primary(scope: Scope): Node {
    if (this.skip('?')) {
      const index = this.#values;
      this.#values += 1;
      return plain((env) => env.run.values[index] ?? null);
    }
    if (this.skip('(')) return this.#bracketed(scope);
    if (this.skip('-')) return plain(sum(() => 0, -1, only(this.#primary(scope)), undefined));
    for (const [word, value] of constants) if (this.skip(word)) return plain(() => value);
    if (this.skip('exists')) {
      this.expect('(');
      this.expect('select');
      const read = this.reading(scope);
      this.expect(')');
      return plain((env) => truth(read(env).length > 0));
    }
    const first = this.next();
    if (this.skip('(')) return this.#function(scope, first);
    return plain(this.skip('.') ? column(scope, first, this.next()) : column(scope, undefined, first));
  }

  #bracketed(scope: Scope): Node {
    if (this.skip('select')) {
      const read = this.reading(scope);
      this.expect(')');
      return plain((env) => read(env)[0]?.[0] ?? null);
    }
    const nodes = this.list(() => this.node(scope));
    this.expect(')');
    const [first] = nodes;
    return first && nodes.length === 1 ? first : { items: nodes.map(only), isAggregate: false };
  }

  #function(scope: Scope, name: string): Node {
    if (name === 'values') {
      const given = this.next();
      this.expect(')');
      return plain((env) => env.run.inserted?.[given] ?? null);
    }
    const isOfAll = this.skip('*');
    const items = isOfAll || this.peek(0) === ')' ? [] : this.list(() => this.expr(scope));
    this.expect(')');
    return call(name, items, isOfAll);
  }
}

const constants = new Map([
  ['null', null],
  ['true', 1],
  ['false', 0],
]);

function plain(one: Expr): Node {
  return { items: [one], isAggregate: false };
}

/** The one expression that it is. @throws SyntaxError when it is several. */
export function only({ items }: Node): Expr {
  const [one, ...more] = items;
  if (!one || more.length > 0) throw new SyntaxError('the double takes several values only in a list');
  return one;
}
