import { compileFunction } from 'node:vm';

/** What a script knows: texts, numbers, truths, lists, and nothing. */
export type LuaValue = string | number | boolean | undefined | Readonly<{ ok: string }> | LuaValue[];
/** A command of Redis that a script calls. */
type Call = (name: string, ...values: string[]) => LuaValue;

const token =
  /\s+|--[^\n]*|\d+(?:\.\d+)?|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[A-Za-z_]\w*|\.\.|==|~=|<=|>=|[-+*/%#<>=(){}[\],.;]/gy;
const binary = [['or'], ['and'], ['<', '>', '<=', '>=', '~=', '=='], ['..'], ['+', '-'], ['*', '/', '%']] as const;
const ends = new Set(['end', 'else', 'elseif', '']);

/**
 * Makes a function of a script, in as much of Lua as ours are written in: its tables are lists.
 * @throws SyntaxError at the rest.
 */
export function compileLua(
  text: string,
): (keys: readonly string[], values: readonly string[], library: Library) => LuaValue {
  const body = new Compiler(text).chunk();
  const run = compileFunction(`'use strict';${body}`, ['lua', 'KEYS', 'ARGV']);
  return (keys, values, library) => valueOf(Reflect.apply(run, undefined, [library, [...keys], [...values]]));
}

class Compiler {
  readonly #words: readonly string[];
  #at = 0;

  constructor(text: string) {
    const words = text.match(token) ?? [];
    if (words.join('').length !== text.length) throw new SyntaxError('the double does not know this Lua');
    this.#words = words.filter((word) => !/^(\s|--)/.test(word));
  }

  chunk(): string {
    const body = this.#block();
    if (this.#at < this.#words.length) throw this.#unknown();
    return body;
  }

  #block(): string {
    let body = '';
    while (!ends.has(this.#peek())) {
      body += this.#statement();
      this.#skip(';');
    }
    return body;
  }

  #statement(): string {
    if (this.#skip('local')) return this.#skip('function') ? this.#function() : this.#locals();
    if (this.#skip('if')) return this.#if();
    if (this.#skip('for')) return this.#for();
    if (this.#skip('return')) return `return ${ends.has(this.#peek()) ? 'undefined' : this.#expr()};`;
    const targets = [this.#suffixed()];
    while (this.#skip(',')) targets.push(this.#suffixed());
    if (!this.#skip('=')) return `${targets.join()};`;
    const values = this.#list();
    return `{const given = [${values.join()}];${targets.map((target, index) => this.#assign(target, `given[${index}]`)).join('')}}`;
  }

  #assign(target: string, value: string): string {
    const place = /^lua\.at\((.*), (.*)\)$/s.exec(target);
    return place ? `lua.put(${place[1]}, ${place[2]}, ${value});` : `${target} = ${value};`;
  }

  #function(): string {
    const name = this.#name();
    this.#expect('(');
    const names = this.#peek() === ')' ? [] : this.#names();
    this.#expect(')');
    const body = this.#block();
    this.#expect('end');
    return `const ${name} = (${names.join()}) => {${body}};`;
  }

  #locals(): string {
    const names = this.#names();
    const values = this.#skip('=') ? this.#list() : [];
    return `let [${names.join()}] = [${values.join()}];`;
  }

  #if(): string {
    const condition = this.#expr();
    this.#expect('then');
    const body = this.#block();
    const then = `if (lua.is(${condition})) {${body}}`;
    if (this.#skip('elseif')) return `${then} else ${this.#if()}`;
    const otherwise = this.#skip('else') ? ` else {${this.#block()}}` : '';
    this.#expect('end');
    return then + otherwise;
  }

  #for(): string {
    const names = this.#names();
    if (this.#skip('in')) {
      this.#expect('ipairs');
      const list = this.#primary();
      return `for (const [${names.join()}] of lua.pairs(${list})) ${this.#loop()}`;
    }
    this.#expect('=');
    const [from = '0', to = '0', step = '1'] = this.#list();
    const [name] = names;
    return `for (let ${name} = lua.number(${from}), last = lua.number(${to}); ${name} <= last; ${name} += ${step}) ${this.#loop()}`;
  }

  #loop(): string {
    this.#expect('do');
    const body = this.#block();
    this.#expect('end');
    return `{${body}}`;
  }

  #expr(level = 0): string {
    const operators = binary[level];
    if (!operators) return this.#unary();
    let left = this.#expr(level + 1);
    for (let word = this.#peek(); operators.some((one) => one === word); word = this.#peek()) {
      this.#at += 1;
      const right = this.#expr(level + 1);
      left = joined(word, left, right);
    }
    return left;
  }

  #unary(): string {
    if (this.#skip('not')) return `!lua.is(${this.#unary()})`;
    if (this.#skip('#')) return `lua.length(${this.#unary()})`;
    if (this.#skip('-')) return `-lua.number(${this.#unary()})`;
    return this.#suffixed();
  }

  #suffixed(): string {
    let value = this.#primary();
    for (;;) {
      if (this.#skip('[')) {
        value = `lua.at(${value}, ${this.#expr()})`;
        this.#expect(']');
      } else if (this.#skip('.')) value = `${value}.${this.#next()}`;
      else if (this.#skip('(')) {
        const values = this.#peek() === ')' ? [] : this.#list();
        this.#expect(')');
        value = value === 'lua.unpack' ? `...lua.unpack(${values.join()})` : `${value}(${values.join()})`;
      } else return value;
    }
  }

  #primary(): string {
    const word = this.#next();
    if (word === '(') {
      const inside = this.#expr();
      this.#expect(')');
      return `(${inside})`;
    }
    if (word === '{') {
      const items = this.#peek() === '}' ? [] : this.#list();
      this.#expect('}');
      return `[${items.join()}]`;
    }
    if (/^['"]/.test(word)) return JSON.stringify(word.slice(1, -1).replaceAll(/\\(.)/g, '$1'));
    if (/^\d/.test(word) || word === 'true' || word === 'false') return word;
    if (word === 'nil') return 'undefined';
    if (word === 'KEYS' || word === 'ARGV') return word;
    if (!/^[A-Za-z_]/.test(word)) throw this.#unknown();
    return library.has(word) ? `lua.${word}` : `_${word}`;
  }

  #names(): string[] {
    const names = [this.#name()];
    while (this.#skip(',')) names.push(this.#name());
    return names;
  }

  #name(): string {
    return `_${this.#next()}`;
  }

  #list(): string[] {
    const values = [this.#expr()];
    while (this.#skip(',')) values.push(this.#expr());
    return values;
  }

  #peek(): string {
    return this.#words[this.#at] ?? '';
  }

  #next(): string {
    this.#at += 1;
    return this.#words[this.#at - 1] ?? '';
  }

  #skip(word: string): boolean {
    if (this.#peek() !== word) return false;
    this.#at += 1;
    return true;
  }

  #expect(word: string): void {
    if (!this.#skip(word)) throw this.#unknown();
  }

  #unknown(): SyntaxError {
    return new SyntaxError(
      `the double does not know this Lua near: ${this.#words.slice(this.#at - 3, this.#at + 4).join(' ')}`,
    );
  }
}

function joined(operator: string, left: string, right: string): string {
  if (operator === 'or' || operator === 'and') return `lua.${operator}(${left}, () => ${right})`;
  if (operator === '..') return `(lua.tostring(${left}) + lua.tostring(${right}))`;
  if (operator === '==' || operator === '~=') return `(${left} ${operator === '==' ? '===' : '!=='} ${right})`;
  if (/^[<>]/.test(operator)) return `lua.compare(${left}, ${right}, '${operator}')`;
  return `(lua.number(${left}) ${operator} lua.number(${right}))`;
}

const library = new Set(['redis', 'math', 'tonumber', 'tostring', 'unpack']);

type Library = ReturnType<typeof libraryWith>;

/** What a script can call of Lua's and of Redis'. */
export function libraryWith(call: Call) {
  return {
    redis: { call: (...words: LuaValue[]) => call(textOf(words[0]), ...words.slice(1).map(textOf)) },
    math: {
      floor: (value: LuaValue) => Math.floor(numberOf(value)),
      ceil: (value: LuaValue) => Math.ceil(numberOf(value)),
      max: (...values: LuaValue[]) => Math.max(...values.map(numberOf)),
      min: (...values: LuaValue[]) => Math.min(...values.map(numberOf)),
    },
    tonumber: (value: LuaValue) => (isNumeric(value) ? Number(value) : undefined),
    tostring: textOf,
    unpack: (list: LuaValue[], from = 1) => list.slice(from - 1),
    is: isTrue,
    and: (one: LuaValue, other: () => LuaValue) => (isTrue(one) ? other() : one),
    or: (one: LuaValue, other: () => LuaValue) => (isTrue(one) ? one : other()),
    number: numberOf,
    length: (value: LuaValue) =>
      Array.isArray(value) || typeof value === 'string' ? value.length : fail(value, 'measure'),
    at: (list: LuaValue, place: LuaValue) => (Array.isArray(list) ? list[numberOf(place) - 1] : fail(list, 'index')),
    put(list: LuaValue, place: LuaValue, value: LuaValue) {
      if (Array.isArray(list)) list[numberOf(place) - 1] = value;
      else fail(list, 'index');
    },
    pairs: (list: LuaValue[]) => list.map((value, index) => [index + 1, value]),
    compare: compareBy,
  };
}

function compareBy(one: LuaValue, other: LuaValue, operator: string): boolean {
  const areNumbers = typeof one === 'number' && typeof other === 'number';
  if (!areNumbers && (typeof one !== 'string' || typeof other !== 'string')) return fail(one, 'compare');
  const [a, b] = [one, other];
  if (operator === '<') return a < b;
  if (operator === '>') return a > b;
  return operator === '<=' ? a <= b : a >= b;
}

function isTrue(value: LuaValue): boolean {
  return value !== undefined && value !== false;
}

function isNumeric(value: LuaValue): boolean {
  return (
    typeof value === 'number' || (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value)))
  );
}

function numberOf(value: LuaValue): number {
  return isNumeric(value) ? Number(value) : fail(value, 'count with');
}

/** As Redis writes a script's numbers. */
function textOf(value: LuaValue): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : fail(value, 'write');
}

function fail(value: LuaValue, what: string): never {
  throw new TypeError(`attempt to ${what} a ${value === undefined ? 'nil' : typeof value} value`);
}

/** What has come of a script, where it is what a script can answer. */
function valueOf(value: unknown): LuaValue {
  if (Array.isArray(value)) return value.map(valueOf);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}
