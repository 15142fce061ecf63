import { createHash, randomInt } from 'node:crypto';

/** A seed for whoever names none. */
export const anySeed = () => randomInt(1_000_000);

/**
 * Chance that is the same for the same seed and name: each who draws has a name, so that nobody's luck depends on how quick
 * the others are.
 */
export function openChance(seed, name) {
  let drawn = 0;
  const draw = () => {
    const hash = createHash('sha256')
      .update(`${seed} ${name} ${(drawn += 1)}`)
      .digest();
    return hash.readUIntBE(0, 6) / 2 ** 48;
  };
  return {
    draw,
    pick: (some) => some[Math.floor(draw() * some.length)],
    /** So many of them, each once. */
    sample: (some, number) => {
      const left = [...some];
      return Array.from({ length: Math.min(number, left.length) }, () =>
        left.splice(Math.floor(draw() * left.length), 1),
      ).flat();
    },
  };
}
