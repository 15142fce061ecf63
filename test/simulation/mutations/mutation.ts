/** A guard that is taken out of the product, and who notices: a scenario of the simulation, or a test. */
export type Mutation = Readonly<{
  what: string;
  file: string;
  edits: readonly (readonly [from: string, to: string])[];
  by: string;
}>;

/** The text of its file without the guard. @throws when the file does not have it. */
export function withoutGuard({ file, edits }: Mutation, text: string): string {
  return edits.reduce((left, [from, to]) => {
    if (!left.includes(from)) throw new Error(`${file} does not say: ${from}`);
    return left.replace(from, () => to);
  }, text);
}
