/** How a statement begins that travels with the next one of its transaction, which then tells what is wrong with it. */
const ofNext = '/* with the next */ ';
/** How one begins that travels so and is answered then, too. */
const ofLater = '/* answered with the next */ ';
/** How several begin that are sent at once. */
const ofSeveral = '/* together */ ';

// Quoted values, quoted names and comments. A `/*! … */` comment is not matched, because MySQL executes it.
const words = /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`[^`]*`|\/\*(?!M?!).*?\*\/|(?:--\s|#)[^\n]*/gs;

/** Lets a statement travel with the next one of its transaction: COMMIT at the latest. */
export function withNext(sql: string): string {
  return `${ofNext}${sql}`;
}

/** Lets a question travel so: it is answered with a {@link LaterRows} now, and with rows once the next statement is. */
export function answeredLater(sql: string): string {
  return `${ofLater}${sql}`;
}

/** Rows that are told when the next statement of the transaction is answered. */
export class LaterRows<Row> {
  readonly rows: Promise<readonly Row[]>;

  constructor(rows: Promise<readonly Row[]>) {
    this.rows = rows;
    // Whoever gives the transaction up does not ask for them.
    rows.catch(() => {});
  }
}

/** Sends statements at once, and is answered with a list of their answers. The first that fails ends them. */
export function together(statements: readonly string[]): string {
  return `${ofSeveral}${statements.join('; ')}`;
}

/** The statement itself, and whether it may wait. @throws when it is several by accident, as what somebody has put into it. */
function unmark(sql: string): Readonly<{ text: string; mayWait: boolean; isLater: boolean }> {
  if (sql.startsWith(ofSeveral)) return { text: sql.slice(ofSeveral.length), mayWait: false, isLater: false };
  const mark = [ofNext, ofLater].find((one) => sql.startsWith(one)) ?? '';
  const text = sql.slice(mark.length);
  if (text.includes(';') && /;\s*\S/.test(text.replaceAll(words, '')))
    throw new TypeError('one statement was expected');
  return { text, mayWait: mark !== '', isLater: mark === ofLater };
}

/** What is sent, and who hears what it came to, where that is not who sends it. */
export type Statement = Readonly<{ text: string; later?: PromiseWithResolvers<readonly unknown[]> }>;

/** What is to be sent now; nothing: it waits, and is answered later when somebody asked. */
type Sending = Readonly<{ statements: readonly Statement[]; later?: LaterRows<unknown> }>;

/**
 * What of a transaction is still to be sent. What it begins with, and what may wait, is sent with the next statement; and of what
 * has not been sent nothing has to be taken back.
 */
export class Pipeline {
  #isInTransaction = false;
  #statements: Statement[] = [];

  get isInTransaction(): boolean {
    return this.#isInTransaction;
  }

  /** What is to be sent for a statement that comes now, itself the last; nothing when it may wait, or need not be sent at all. */
  with(sql: string): Sending {
    const { text, mayWait, isLater } = unmark(sql);
    if (text === 'begin') this.#isInTransaction = true;
    const isEnd = text === 'commit' || text === 'rollback';
    if (text === 'begin' || (mayWait && this.#isInTransaction && this.#length() < mostLength))
      return this.#keep(text, isLater);
    const before = this.#statements;
    this.#statements = [];
    const all = [...before, { text }];
    if (!isEnd) return { statements: all };
    this.#isInTransaction = false;
    const hasBegun = before[0]?.text !== 'begin';
    if (text === 'rollback') return { statements: hasBegun ? [{ text }] : [] };
    return { statements: !hasBegun && before.length === 1 ? [] : all };
  }

  /** Forgets it: whoever comes next begins anew. */
  drop(): void {
    this.#isInTransaction = false;
    this.#statements = [];
  }

  #keep(text: string, isLater: boolean): Sending {
    if (!isLater) {
      this.#statements.push({ text });
      return { statements: [] };
    }
    const later = Promise.withResolvers<readonly unknown[]>();
    this.#statements.push({ text, later });
    return { statements: [], later: new LaterRows(later.promise) };
  }

  #length(): number {
    return this.#statements.reduce((sum, { text }) => sum + text.length, 0);
  }
}

// A server takes no statements of any length.
const mostLength = 500_000;
