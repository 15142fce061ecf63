import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { clientFiles, generateClient } from '../../docs/generate/client-types.ts';
import { Schema, typeText } from '../../docs/generate/type-text.ts';
import { openTestApi } from '../support/api/test-api.ts';

it("the client's types are what `npm run docs` makes of the code, and of what the API serves", async () => {
  const api = await openTestApi();
  const [openApi, asyncApi] = await Promise.all(
    ['/openapi.json', '/asyncapi.json'].map(async (path): Promise<unknown> => (await api.send('GET', path)).json()),
  );
  await api.close();
  const made = await generateClient();
  expect(clientFiles(openApi, asyncApi)).toEqual(made);
  for (const [file, text] of made) expect(readFileSync(file, 'utf8'), file).toBe(text);
  expect(readdirSync('clients/typescript/src/generated')).toHaveLength(made.size);
});

it.each([
  [{ type: 'integer' }, 'number'],
  [{ type: ['string', 'null'] }, 'string | null'],
  [{ enum: ['a', "b'c", 1, null] }, "'a' | 'b\\'c' | 1 | null"],
  [{ type: 'string', enum: ['true', 'false'] }, 'boolean'],
  [{ const: 'order.paid', type: 'string' }, "'order.paid'"],
  [{ $ref: '#/components/schemas/Order' }, 'Order'],
  [{ anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'integer' }] }, 'string | number'],
  [{ allOf: [{ $ref: '#/x/A' }, { oneOf: [{ $ref: '#/x/B' }, { type: 'null' }] }] }, '(A) & (B | null)'],
  [{ type: 'array', items: { type: ['string', 'null'] } }, 'ReadonlyArray<string | null>'],
  [{}, 'unknown'],
  [{ type: 'object' }, 'Readonly<Record<string, unknown>>'],
  [{ type: 'object', additionalProperties: { type: 'number' } }, 'Readonly<Record<string, number>>'],
  [
    {
      type: 'object',
      properties: { 'a-b': { type: 'string', description: 'Ends */ here.' }, c: {} },
      required: ['a-b'],
      additionalProperties: {},
    },
    "Readonly<{\n  /** Ends * / here. */\n  'a-b': string;\n  c?: unknown | undefined;\n  [more: string]: unknown;\n}>",
  ],
])('%j is the type %s', (schema, type) => {
  expect(typeText(Schema.parse(schema))).toBe(type);
});
