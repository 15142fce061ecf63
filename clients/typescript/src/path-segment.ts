// In an address these lead to the list above, or further up.
const elsewhere = new Set(['', '.', '..']);

/** Whether it can stand for an id or a name in a path. */
export function isSegment(text: string): boolean {
  return !elsewhere.has(text);
}

/** The value of a parameter, as it stands in a path. @throws TypeError where the path would lead elsewhere */
export function segmentOf(name: string, value: unknown): string {
  const text = String(value);
  if (value === undefined || value === null || !isSegment(text))
    throw new TypeError(`${name} must name one thing; '${text}' does not`);
  return encodeURIComponent(text);
}
