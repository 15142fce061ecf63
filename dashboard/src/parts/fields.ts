/** What stands in the fields of a form, as text. */
export type Fields = Readonly<{
  text(name: string): string;
  all(name: string): readonly string[];
  /** Whether the form has such a field at all: what it did not ask for, nobody has answered. */
  asks(name: string): boolean;
}>;

/** Reads a form. */
export function fieldsOf(form: HTMLFormElement): Fields {
  const read = new FormData(form);
  const all = (name: string) => read.getAll(name).filter((value) => typeof value === 'string');
  return { all, text: (name) => all(name)[0]?.trim() ?? '', asks: (name) => form.elements.namedItem(name) !== null };
}
