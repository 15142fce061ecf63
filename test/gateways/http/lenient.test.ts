import { expect, test } from 'vitest';
import { z } from 'zod';
import { listOf, optional, readLeniently, tellOnce } from '../../../src/gateways/http/lenient.ts';
import { openLog } from '../../../src/process/log.ts';

const Item = z.object({ id: z.int(), size: optional('size', z.int().nullable().default(null), null) });
const read = (body: unknown) => {
  const told: string[] = [];
  const made = readLeniently(listOf('item', Item), body, (what, why) => void told.push(`${what}: ${why}`));
  return { made: made.success ? made.data : undefined, told };
};

test('what fits is kept, what does not is told of by its name, without its value', () => {
  const { made, told } = read([{ id: 1, size: 2 }, { id: 'secret' }, { id: 3, size: 'secret' }, { id: 4 }]);
  expect(made).toEqual([
    { id: 1, size: 2 },
    { id: 3, size: null },
    { id: 4, size: null },
  ]);
  expect(told).toEqual([expect.stringMatching(/^item: id: /), expect.stringMatching(/^size: /)]);
  expect(told.join()).not.toContain('secret');
});

test('who reads while another reads is told of their own, and a schema that is read by itself tells nobody', () => {
  const told: string[] = [];
  const note = (reader: string) => (what: string) => void told.push(`${reader}: ${what}`);
  const inner = z.unknown().transform((body) => readLeniently(Item, body, note('inner')).data);
  const odd = { id: 1, size: 'secret' };
  readLeniently(z.tuple([Item, inner, Item]), [odd, odd, odd], note('outer'));
  expect(told).toEqual(['outer: size', 'inner: size', 'outer: size']);
  expect(Item.parse(odd)).toEqual({ id: 1, size: null });
});

test('an empty list is one; a list of nothing that fits, and what is no list, are none', () => {
  expect(read([]).made).toEqual([]);
  for (const body of [[{}], [null, 'x'], {}, null, 'x']) expect(read(body).made).toBeUndefined();
});

test('the log says each once, whatever comes of it later', () => {
  const lines: string[] = [];
  const tell = tellOnce(openLog('test', 'info', [], { write: (line) => void lines.push(line) }));
  for (let n = 0; n < 3; n += 1) {
    tell('Finnhub /search', 'hit', 'symbol: is none');
    tell('Finnhub /company-news', 'image', 'too long');
  }
  expect(
    lines.map((line) => z.looseObject({ answer: z.string(), left_out: z.string() }).parse(JSON.parse(line))),
  ).toMatchObject([
    { level: 40, answer: 'Finnhub /search', left_out: 'hit' },
    { level: 40, answer: 'Finnhub /company-news', left_out: 'image' },
  ]);
});
