import { AsyncLocalStorage } from 'node:async_hooks';
import { z } from 'zod';
import type { Log } from '../../process/log.ts';

/** Told of what is left out of an upstream's answer: a field by its name, or an item of a list, and why. */
export type LeaveOut = (what: string, why: string) => void;

/** Told of what is left out, and of which answer. */
export type TellOdd = (answer: string, what: string, why: string) => void;

/** Who is told belongs to a reading; the schemas, which take no further arguments, are the same for all of them. */
const readings = new AsyncLocalStorage<LeaveOut>();

/** Reads a body by a schema made of {@link optional}, {@link listOf} and {@link tableOf}. */
export function readLeniently<T extends z.ZodType>(schema: T, body: unknown, tell: LeaveOut) {
  return readings.run(tell, () => schema.safeParse(body));
}

/** A field that nothing depends on: what does not fit the schema is read as `instead`. */
export function optional<Output, Input>(name: string, schema: z.ZodType<Output, Input>, instead: NoInfer<Output>) {
  return schema.catch(({ issues }) => {
    readings.getStore()?.(name, issues[0]?.message ?? 'does not fit');
    return instead;
  });
}

/** A list judged item by item: those that do not fit are left out. Where none of some fits, it is no such list. */
export function listOf<T extends z.ZodType>(name: string, item: T) {
  return z.array(z.unknown()).transform((all, ctx) => {
    const fitting = all.flatMap((one): z.output<T>[] => fit(name, item, one));
    if (all.length > 0 && fitting.length === 0) ctx.addIssue(`no ${name} fits`);
    return fitting;
  });
}

/** A table judged row by row, as {@link listOf} judges items. */
export function tableOf<T extends z.ZodType>(name: string, value: T) {
  return z.record(z.string(), z.unknown()).transform((all, ctx) => {
    const fitting = Object.entries(all).flatMap(([key, one]) =>
      fit(name, value, one).map((kept): [string, z.output<T>] => [key, kept]),
    );
    if (Object.keys(all).length > 0 && fitting.length === 0) ctx.addIssue(`no ${name} fits`);
    return Object.fromEntries(fitting);
  });
}

/** Says in the log what was left out of which answer, once a process for each: what is odd once is odd every time. */
export function tellOnce(log: Log): TellOdd {
  const told = new Set<string>();
  return (answer, what, why) => {
    const name = `${answer}: ${what}`;
    if (told.has(name)) return;
    told.add(name);
    log.warn({ answer, left_out: what, why }, 'part of an answer is left out, this time and from now on');
  };
}

function fit<T extends z.ZodType>(name: string, schema: T, value: unknown): z.output<T>[] {
  const read = schema.safeParse(value);
  if (read.success) return [read.data];
  const [issue] = read.error.issues;
  readings.getStore()?.(name, [...(issue?.path ?? []), issue?.message].map(String).join(': '));
  return [];
}
