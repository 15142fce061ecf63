import type { Value } from './tables.ts';

/** A statement without its values: one text however often it comes with others. */
export type Shape = Readonly<{ text: string; values: readonly Value[] }>;

const literal = /'(?:[^'\\]|\\.|'')*'|(?<![\w`.])\d+(?:\.\d+)?(?![\w`])/gs;
const token = /\s+|\/\*.*?\*\/|`([^`]+)`|[a-z_]\w*|\?|<=|>=|<>|!=|[(),.=<>+*/-]/gis;
const statement = /(?:[^;'`/]+|'(?:[^'\\]|\\.|'')*'|`[^`]*`|\/\*.*?\*\/|\/)+/gs;
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', 0: '\0', Z: '\x1a' };

/** The statements of a text, one after the other. */
export function statementsOf(sql: string): readonly string[] {
  if (!sql.includes(';')) return [sql];
  return (sql.match(statement) ?? []).map((text) => text.trim()).filter((text) => text !== '');
}

/** Takes the values out of a statement. */
export function shapeOf(sql: string): Shape {
  const values: Value[] = [];
  const text = sql.replaceAll(literal, (word) => {
    values.push(word.startsWith("'") ? textIn(word) : Number(word));
    return '?';
  });
  return { text, values };
}

function textIn(word: string): string {
  const inside = word.slice(1, -1);
  if (!/['\\]/.test(inside)) return inside;
  return inside.replaceAll(/\\(.)|''/gs, (_, escaped: string | undefined) => {
    return escaped === undefined ? "'" : (escapes[escaped] ?? escaped);
  });
}

/** A word of SQL; names in backticks are never keywords. */
export type Token = Readonly<{ word: string; isQuoted: boolean }>;

/** The words of a statement. @throws SyntaxError at what is none. */
export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let end = 0;
  for (const match of text.matchAll(token)) {
    if (match.index !== end) break;
    end += match[0].length;
    if (/^(\s|\/\*)/.test(match[0])) continue;
    tokens.push({ word: match[1] ?? match[0].toLowerCase(), isQuoted: match[1] !== undefined });
  }
  if (end < text.length) throw new SyntaxError(`the double does not know this SQL: ${text.slice(end, end + 60)}`);
  return tokens;
}
