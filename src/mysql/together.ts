/** How a statement begins that travels with the next one of its transaction, which then tells what is wrong with it. */
const ofNext = '/* with the next */ ';
/** How several begin that are sent at once. */
const ofSeveral = '/* together */ ';

// What a statement says of data and names, and to people; what MySQL carries out although it stands in a comment is none.
const words = /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`[^`]*`|\/\*(?!M?!).*?\*\/|(?:--\s|#)[^\n]*/gs;

/** Lets a statement travel with the next one of its transaction: COMMIT at the latest. */
export function withNext(sql: string): string {
  return `${ofNext}${sql}`;
}

/** Sends statements at once, and is answered with a list of their answers. The first that fails ends them. */
export function together(statements: readonly string[]): string {
  return `${ofSeveral}${statements.join('; ')}`;
}

/** The statement itself, and whether it may wait. @throws when it is several by accident, as what somebody has put into it. */
export function read(sql: string): Readonly<{ text: string; mayWait: boolean }> {
  if (sql.startsWith(ofSeveral)) return { text: sql.slice(ofSeveral.length), mayWait: false };
  const mayWait = sql.startsWith(ofNext);
  const text = mayWait ? sql.slice(ofNext.length) : sql;
  if (text.includes(';') && /;\s*\S/.test(text.replaceAll(words, '')))
    throw new TypeError('one statement was expected');
  return { text, mayWait };
}

/**
 * What of a transaction is still to be sent. What it begins with, and what may wait, is sent with the next statement; and of what
 * has not been sent nothing has to be taken back.
 */
export class Unsent {
  #isInTransaction = false;
  #statements: string[] = [];

  /** What is to be sent for a statement that comes now, itself the last; nothing when it may wait, or need not be sent at all. */
  with(sql: string): readonly string[] {
    const { text, mayWait } = read(sql);
    if (text === 'begin') this.#isInTransaction = true;
    const isEnd = text === 'commit' || text === 'rollback';
    if (text === 'begin' || (mayWait && this.#isInTransaction && this.#length() < mostLength)) {
      this.#statements.push(text);
      return [];
    }
    const before = this.#statements;
    this.#statements = [];
    if (!isEnd) return [...before, text];
    this.#isInTransaction = false;
    const hasBegun = before[0] !== 'begin';
    if (text === 'rollback') return hasBegun ? [text] : [];
    return !hasBegun && before.length === 1 ? [] : [...before, text];
  }

  /** Forgets it: whoever comes next begins anew. */
  drop(): void {
    this.#isInTransaction = false;
    this.#statements = [];
  }

  #length(): number {
    return this.#statements.reduce((sum, { length }) => sum + length, 0);
  }
}

// A server takes no statements of any length.
const mostLength = 500_000;
