import type { Orderflow } from '../src/orderflow.ts';
import { isSegment } from '../src/path-segment.ts';

/** One thing that the command line can do. */
export type Command = Readonly<{
  /** By which it is called, such as `orders place`. */
  name: string;
  /** What follows the name, as the help shows it. */
  takes: string;
  summary: string;
  /** Its own options, each with what the help says; those that take a value say its name. */
  options: Readonly<Record<string, Readonly<{ value?: string; summary: string }>>>;
  /** Does it, and answers the exit code. */
  run(call: Call): Promise<number>;
}>;

/** A command as it was called. */
export type Call = Readonly<{
  orderflow: Orderflow;
  /** What came after the name. */
  words: readonly string[];
  /** An option's value; undefined when it was not given. */
  text(option: string): string | undefined;
  /** Whether an option without a value was given. */
  is(option: string): boolean;
  /** Prints an answer: with `--json` as it came, on a line, else in words. */
  print(answer: unknown, words: string): void;
  /** Aborts at Ctrl-C. */
  signal: AbortSignal;
}>;

/** What the exit code says. */
export const exits = { done: 0, refused: 1, usage: 2, noAnswer: 3, noKey: 4, interrupted: 130 } as const;

/** It was called in a way that cannot be meant; the help of the command follows. */
export class Misuse extends Error {
  override readonly name = 'Misuse';
}

/** The one word that a command needs. @throws Misuse */
export function onlyWord({ words }: Call, what: string): string {
  const [word, ...more] = words;
  if (word === undefined || !isSegment(word) || more.length > 0) throw new Misuse(`Name one ${what}.`);
  return word;
}

/** A whole number that an option gives. @throws Misuse */
export function wholeNumber({ text }: Call, option: string): number | undefined {
  const given = text(option);
  if (given !== undefined && !/^\d+$/.test(given)) throw new Misuse(`--${option} must be a whole number.`);
  return given === undefined ? undefined : Number(given);
}
