// The API's answers are what its description says: the types are made of it, and nothing is checked again here.

/** JSON text as what the description says it is. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- whoever asks knows what it was promised
export function parsed<T>(text: string): T {
  const value: unknown = JSON.parse(text);
  assume<T>(value);
  return value;
}

/** Takes a value for what its maker promises; its type is all that changes. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as above
export function assume<T>(_value: unknown): asserts _value is T {}
