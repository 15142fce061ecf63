import { z } from '@hono/zod-openapi';

/** A whole number in a query: digits and nothing else, for `1e3`, `0x10` and blanks are numbers to JavaScript alone. */
export function wholeNumber(minimum: number, maximum: number) {
  return z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(minimum).max(maximum))
    .openapi({ type: 'integer', minimum, maximum });
}
