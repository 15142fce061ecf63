/** A number in [0, 1) that depends on its arguments alone, and looks as if it did not. */
export function chance(seed: number, ...path: readonly number[]): number {
  let hash = seed ^ 0x9e3779b9;
  for (const step of path) hash = scramble(Math.imul(hash, 31) + step);
  return scramble(hash) / 2 ** 32;
}

/** A seed made from a word. */
export function seedOf(word: string): number {
  let seed = 0;
  for (const letter of word) seed = Math.imul(seed, 31) + (letter.codePointAt(0) ?? 0);
  return scramble(seed);
}

// The finaliser of a common integer hash: every bit of the input moves every bit of the output.
function scramble(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
