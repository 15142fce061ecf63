import type { Goal } from './goals.ts';

/** What a row found, in the words of a table: three digits of each figure, several by their names. */
export function cellsOf({
  ours,
  peer,
  ratio,
  range,
}: Goal): Readonly<Record<'ours' | 'peer' | 'ratio' | 'range', string>> {
  return { ours: figuresOf(ours), peer: figuresOf(peer), ratio: figuresOf(ratio), range: rangesOf(range) };
}

function figuresOf(figures: Goal['ours']): string {
  if (typeof figures === 'string') return figures;
  if (typeof figures === 'number') return short(figures);
  return named(Object.entries(figures).map(([name, value]) => [name, short(value)]));
}

function rangesOf(range: Goal['range']): string {
  if (typeof range === 'string') return range;
  if (Array.isArray(range)) return range.map(short).join('–');
  return named(Object.entries(range).map(([name, ends]) => [name, ends.map(short).join('–')]));
}

const short = (value: number) => String(Number(value.toPrecision(3)));
const named = (texts: readonly (readonly [name: string, text: string])[]) =>
  texts.map(([name, text]) => `${name} ${text}`).join(', ');
