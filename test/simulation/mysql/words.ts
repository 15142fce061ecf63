import type { Token } from './tokens.ts';

const keywords = new Set(
  'on where order limit for group force join set left inner as offset union and or asc desc values duplicate'.split(
    ' ',
  ),
);

/** The words of a statement, taken one after the other. */
export class Words {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  protected get isOver(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** The word so many after the next one. */
  protected peek(ahead: number): string {
    return this.#tokens[this.#at + ahead]?.word ?? '';
  }

  protected list<T>(one: () => T): T[] {
    const all = [one()];
    while (this.skip(',')) all.push(one());
    return all;
  }

  protected inBrackets<T>(inside: () => T): T {
    this.expect('(');
    const found = inside();
    this.expect(')');
    return found;
  }

  protected after<T>(word: string, rest: () => T): T {
    this.expect(word);
    return rest();
  }

  protected isName(): boolean {
    const token = this.#tokens[this.#at];
    return token !== undefined && (token.isQuoted || (/^[a-z_]/.test(token.word) && !keywords.has(token.word)));
  }

  protected skip(word: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.word !== word || token.isQuoted) return false;
    this.#at += 1;
    return true;
  }

  protected expect(word: string): void {
    if (!this.skip(word)) throw this.unknown();
  }

  protected next(): string {
    const token = this.#tokens[this.#at];
    if (!token) throw this.unknown();
    this.#at += 1;
    return token.word;
  }

  protected unknown(): SyntaxError {
    const near = this.#tokens.slice(Math.max(0, this.#at - 4), this.#at + 4).map(({ word }) => word);
    return new SyntaxError(`the double does not know this SQL near: ${near.join(' ')}`);
  }
}
