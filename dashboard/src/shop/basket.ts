import { useEffect, useState } from 'preact/hooks';
import { toMajor, toMinor } from '../../../src/money/money.ts';
import { onKept } from '../parts/use-kept.ts';
import type { Product } from './product.ts';

/** So many of a product, at the price at which it was seen. */
export type Line = Readonly<Pick<Product, 'id' | 'title' | 'price' | 'currency'> & { quantity: number }>;

/** What somebody wants to order; this browser keeps it, for all of its tabs. */
export type Basket = Readonly<{
  lines: readonly Line[];
  /** Puts so many more in. */
  add(product: Product, quantity?: number): void;
  /** So many of one from now on; 0 takes it out. */
  set(id: number, quantity: number): void;
  /** Takes out what has been ordered: what was put in meanwhile stays. */
  takeOut(ordered: readonly Line[]): void;
}>;

const name = 'orderflow-basket';
const mostLines = 100;
const mostPieces = 1_000;

/** Keeps the basket. */
export function useBasket(): Basket {
  const [lines, setLines] = useState(readLines);
  useEffect(() => onKept(name, () => setLines(readLines())), []);
  const put = (some: readonly Line[]) => {
    localStorage.setItem(name, JSON.stringify(some));
    setLines(some);
  };
  // Every change is one of what is kept, which another tab may have changed since it was shown here.
  return {
    lines,
    add({ id, title, price, currency }, quantity = 1) {
      const kept = readLines();
      const had = kept.find((line) => line.id === id)?.quantity ?? 0;
      const line = { id, title, price, currency, quantity: Math.min(mostPieces, had + quantity) };
      const others = kept.filter((some) => some.id !== id);
      put(had > 0 ? kept.map((some) => (some.id === id ? line : some)) : [...others, line].slice(0, mostLines));
    },
    set: (id, quantity) => put(readLines().flatMap((line) => (line.id === id ? withPieces(line, quantity) : line))),
    takeOut(ordered) {
      const taken = new Map(ordered.map((line) => [line.id, line.quantity]));
      put(readLines().flatMap((line) => withPieces(line, line.quantity - (taken.get(line.id) ?? 0))));
    },
  };
}

/** The line with so many pieces, or none where they are none. */
function withPieces(line: Line, quantity: number): readonly Line[] {
  const pieces = Math.min(mostPieces, Math.max(0, Math.trunc(quantity)));
  return pieces === 0 ? [] : [{ ...line, quantity: pieces }];
}

/** What the lines cost in each currency that they are in. */
export function totalsOf(lines: readonly Line[]): ReadonlyMap<string, number> {
  const sums = Map.groupBy(lines, ({ currency }) => currency);
  return new Map(
    [...sums].map(([currency, some]) => {
      const minor = some.reduce((sum, { price, quantity }) => sum + (toMinor(price, currency) ?? 0) * quantity, 0);
      return [currency, toMajor(minor, currency)];
    }),
  );
}

/** What this browser has kept, or nothing where it is no basket. */
function readLines(): readonly Line[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(name) ?? '[]');
    return Array.isArray(kept) ? kept.filter(isLine) : [];
  } catch {
    return [];
  }
}

function isLine(line: unknown): line is Line {
  const fields = { id: 'number', title: 'string', price: 'number', currency: 'string', quantity: 'number' };
  return (
    typeof line === 'object' &&
    line !== null &&
    Object.entries(fields).every(([field, type]) => typeof Reflect.get(line, field) === type)
  );
}
