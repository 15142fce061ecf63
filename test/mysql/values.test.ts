import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { choose, textOf } from '../../src/mysql/values.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const read = async (expressions: readonly string[]) => {
  const [row = {}] = await api.ctx.orm.em
    .fork()
    .execute<Record<string, unknown>[]>(`select ${expressions.map((one, index) => `${one} as v${index}`).join(', ')}`);
  return Object.values(row);
};

test('a text comes back as it was written, whatever stands in it', async () => {
  const text = textOf(api.ctx.orm.em);
  const odd = ["'", '\\', "\\'", '"', '?', '??', '%', '`', '\n', '\0', '\u001a', "' or 1=1 -- ", "¥'", '😀', 'ä', ''];
  const strings = fc.array(
    fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), fc.constantFrom(...odd)),
    {
      minLength: 1,
      maxLength: 40,
    },
  );
  await fc.assert(
    fc.asyncProperty(strings, async (given) => {
      const whole = given.filter((one) => one.isWellFormed());
      expect(await read(['1', ...whole.map(text)])).toEqual([1, ...whole]);
    }),
    { numRuns: 60 },
  );
  expect(await read(odd.map(text))).toEqual(odd);
});

test('numbers, truths, moments and nothing are what MySQL takes for them', async () => {
  const text = textOf(api.ctx.orm.em);
  const at = new Date('2026-11-26T08:09:10.123Z');
  expect([12, -0.5, null, undefined, at].map(text)).toEqual([
    '12',
    '-0.5',
    'null',
    'null',
    "'2026-11-26 08:09:10.123'",
  ]);
  expect(await read([text(true), text(false)])).toEqual([1, 0]);
});

test('a value is chosen by its key, whatever the number and the order of the keys', async () => {
  const text = textOf(api.ctx.orm.em);
  for (const count of [1, 2, 3, 8, 33, 500]) {
    const pairs = Array.from({ length: count }, (_, index) => [`key-${(index * 7) % count}`, index] as const);
    const some = pairs.slice(0, 40);
    const chosen = await read(some.map(([key]) => choose(text(key), pairs, text)));
    expect(chosen).toEqual(some.map(([, value]) => value));
  }
  const numbers = Array.from({ length: 40 }, (_, index) => [index * 9, `of ${index}`] as const);
  expect(await read(numbers.map(([key]) => choose(String(key), numbers, text)))).toEqual(
    numbers.map(([, value]) => value),
  );
});
