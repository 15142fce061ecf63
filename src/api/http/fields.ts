import { z } from '@hono/zod-openapi';
import { mostFaults } from './problem.ts';

type Given<T> = { [Field in keyof T]: Exclude<T[Field], undefined> };

/** The fields that a request names, as an update takes them. What a request leaves out is no key of its parsed body. */
export function givenFields<T extends object>(fields: T): Given<T> {
  const areGiven = (some: T): some is T & Given<T> => Object.values(some).every((value) => value !== undefined);
  if (!areGiven(fields)) throw new TypeError('JSON has no undefined; a field has been set to it here');
  return fields;
}

/** How an integer id is written. */
export const digitsOfId = /^[1-9]\d{0,9}$/;

/** An integer id in a path; what can be no id becomes 0, which nothing has, so that it is not found like any other. */
export const IntegerId = z
  .string()
  .transform((text) => (digitsOfId.test(text) ? Number(text) : 0))
  .openapi({ type: 'integer', example: 1 });

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const nobodysUuid = '00000000-0000-0000-0000-000000000000';

/** Whether a text is a UUID as we write them. */
export function isUuid(text: string): boolean {
  return uuid.test(text);
}

/**
 * The UUID of something in a path or a filter; what can be none becomes one that nothing has. As it came it could find something:
 * blanks at the end of a text count for nothing when MySQL compares.
 */
export const Uuid = z
  .string()
  .transform((text) => (isUuid(text) ? text : nobodysUuid))
  .openapi({ type: 'string' });

/** A whole number in a query: digits and nothing else, for `1e3`, `0x10` and blanks are numbers to JavaScript alone. */
export function wholeNumber(minimum: number, maximum: number) {
  return z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(minimum).max(maximum))
    .openapi({ type: 'integer', minimum, maximum });
}

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
