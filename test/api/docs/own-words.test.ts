import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { refuseInvalid } from '../../../src/api/http/refuse-invalid.ts';
import { Problem } from '../../../src/errors.ts';

/** What is said of a body that does not fit a schema without words of its own, by pointer. */
function saidOf(schema: z.ZodType, body: unknown): Record<string, string> {
  try {
    refuseInvalid({ ...schema.safeParse(body), target: 'json' });
  } catch (error) {
    if (error instanceof Problem)
      return Object.fromEntries(error.errors.map(({ pointer, detail }) => [pointer, detail]));
  }
  return {};
}

describe('a fault of a body', () => {
  it.each([
    ['a text', z.string(), 1, 'must be a text'],
    ['a number', z.number(), '1', 'must be a number'],
    ['a whole number', z.int(), 1.5, 'must be a whole number'],
    ['a list', z.array(z.string()), {}, 'must be a list'],
    ['an object', z.object({}), [], 'must be an object'],
    ['something', z.string(), undefined, 'is missing'],
    ['one of some', z.enum(['a', 'b']), 'c', 'must be one of a, b'],
    ['the one', z.literal(true), false, 'must be true'],
    ['a short text', z.string().max(3), 'abcd', 'must have at most 3 characters'],
    ['a long list', z.array(z.string()).min(2), [], 'must have at least 2 entries'],
    ['a large number', z.number().min(3), 2, 'must be at least 3'],
    ['a positive number', z.number().positive(), 0, 'must be more than 0'],
    ['an address', z.email(), 'x', 'is not written as an e-mail address'],
    ['a pattern', z.string().regex(/^[a-z]{3}$/), 'x', 'is not written as it has to be'],
    ['either', z.union([z.string(), z.number()]), true, 'does not fit'],
  ])('where %s is asked for is told in words about what was sent', (_what, schema, value, sentence) => {
    expect(saidOf(z.object({ field: schema }), { field: value })).toEqual({ '/field': sentence });
  });

  it('is told in the words of the schema where it has some', () => {
    const schema = z.object({ code: z.string().regex(/^[A-Z]{3}$/, 'must be a code such as USD') });
    expect(saidOf(schema, { code: 'x' })).toEqual({ '/code': 'must be a code such as USD' });
  });
});
