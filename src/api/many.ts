import { z } from '@hono/zod-openapi';
import { mostFaults } from './problem.ts';

const atOnce = 100;

/**
 * A list that may be very long: it is looked at part by part, and refused after the first part with enough faults.
 * zod's own lists are looked at to their end, however many faults there are, unless they are longer than allowed.
 */
export function manyOf<Element extends z.ZodType>(element: Element, most: number) {
  const part = z.array(element);
  return z
    .array(z.unknown())
    .min(1)
    .max(most)
    .transform((values, check): z.output<Element>[] => {
      const parsed: z.output<Element>[] = [];
      let faults = 0;
      for (let from = 0; from < values.length && faults < mostFaults; from += atOnce) {
        const { data = [], error } = part.safeParse(values.slice(from, from + atOnce));
        for (const { path, message } of error?.issues ?? []) {
          const [index, ...rest] = path;
          check.addIssue({ code: 'custom', message, path: [from + Number(index), ...rest] });
          faults += 1;
        }
        // One by one: as many arguments as a long list has would be too many.
        for (const one of data) parsed.push(one);
      }
      return faults > 0 ? z.NEVER : parsed;
    });
}
