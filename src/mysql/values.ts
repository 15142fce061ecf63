import type { EntityManager } from '@mikro-orm/mysql';

/** A value as it stands in a statement. */
export type ValueText = (value: unknown) => string;

// Most of what is written: printable ASCII in which nothing ends a text or escapes.
const plain = /^[\x20-\x26\x28-\x5b\x5d-\x7e]*$/;

/**
 * Writes values into statements at once. Placeholders that are looked for and filled one by one, in a text of a hundred rows,
 * cost more than all else that a process does for those rows.
 */
export function textOf(em: EntityManager): ValueText {
  const platform = em.getPlatform();
  return (value) => {
    if (value === null || value === undefined) return 'null';
    if (typeof value === 'number') return String(value);
    if (typeof value === 'string' && plain.test(value)) return `'${value}'`;
    return value instanceof Date
      ? `'${value.toISOString().slice(0, -1).replace('T', ' ')}'`
      : platform.quoteValue(value);
  };
}

/** A moment as MySQL tells it: as text, in UTC. */
export function parseMoment(text: string): Date {
  return new Date(`${text.replace(' ', 'T')}Z`);
}

/** An expression: the value that stands beside the key which `column` has. It is found by halves, not one after the other. */
export function choose(
  column: string,
  pairs: readonly (readonly [string | number, unknown])[],
  text: ValueText,
): string {
  const sorted = pairs.toSorted(([one], [other]) => (one < other ? -1 : 1));
  const among = (first: number, end: number): string => {
    const half = (first + end) >> 1;
    if (end - first === 1) return text(sorted[first]?.[1]);
    return `if(${column} < ${text(sorted[half]?.[0])}, ${among(first, half)}, ${among(half, end)})`;
  };
  return among(0, sorted.length);
}
