import { z } from '@hono/zod-openapi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manyOf } from '../../../src/api/http/fields.ts';
import { resolve } from '../../fuzz/json-schema.ts';
import { operationsOf } from '../../fuzz/operations.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

const mostBytes = 32 * 1024;
const Refusal = z.object({ errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).default([]) });

let api: TestApi;
let operations: ReturnType<typeof operationsOf>;
beforeAll(async () => {
  api = await openTestApi({ RATE_LIMIT_BURST: '0' });
  operations = operationsOf(await (await api.send('GET', '/openapi.json')).json());
});
afterAll(() => api.close());

async function refuse(method: string, path: string, body?: string): Promise<number> {
  const answer = await api.send(method, path, { as: 'admin', ...(body === undefined ? {} : { body }) });
  const isEndless = answer.headers.get('content-type')?.startsWith('text/event-stream');
  if (isEndless) await answer.body?.cancel();
  if (answer.status < 400) return answer.status;
  expect(answer.status < 500 || answer.status === 503, `${answer.status} ${path}`).toBe(true);
  const text = await answer.text();
  expect(Buffer.byteLength(text), `${method} ${path.slice(0, 200)}`).toBeLessThanOrEqual(mostBytes);
  expect(Refusal.parse(JSON.parse(text)).errors.length).toBeLessThanOrEqual(20);
  return answer.status;
}

const control = '\\u0001'.repeat(10_000);
const values = [`[${'0,'.repeat(29_000)}0]`, `[${'{},'.repeat(20_000)}{}]`, `"${'x'.repeat(60_000)}"`, `"${control}"`];
const wholes = [
  `{${Array.from({ length: 6_000 }, (_, index) => `"${index.toString(36)}":0`).join(',')}}`,
  `{"${control}":0}`,
  `{"${'/~'.repeat(30_000)}":0}`,
  `[${'0,'.repeat(29_000)}0]`,
];

describe('a refusal is small, whatever is refused', () => {
  it('in every body: long lists, long texts, many unknown fields and long names', async () => {
    const bodied = operations.filter(({ body }) => body);
    expect(bodied.length).toBeGreaterThan(10);
    for (const { method, path, body, schemas } of bodied) {
      const names = Object.keys(resolve(body ?? {}, schemas).properties ?? {});
      const bodies = [...wholes, ...names.flatMap((name) => values.map((value) => `{"${name}":${value}}`))];
      for (const some of bodies) await refuse(method, path.replace(/\{\w+\}/, '1'), some);
    }
  });

  it('in every path, query and header', async () => {
    const long = encodeURIComponent('\u0001\u{1f600}'.repeat(1_000));
    for (const { method, path, parameters } of operations.filter((some) => some.method === 'GET')) {
      const place = path.replace(/\{\w+\}/, '1');
      const queries = parameters.filter((one) => one.in === 'query').map(({ name }) => `${name}=${long}`);
      const many = Array.from({ length: 1_000 }, (_, index) => `x${index}=${index}`).join('&');
      for (const query of [...queries, queries.join('&'), many]) await refuse(method, `${place}?${query}`);
      if (path.includes('{')) await refuse(method, path.replace(/\{\w+\}/, long));
    }
  });
});

describe('a long list', () => {
  let looks = 0;
  const counted = z.custom<number>((value) => (looks += 1) > 0 && value === 1, 'must be 1');
  const list = manyOf(counted, 100_000);

  it('is looked at no further than to its first faults, and says where they are', () => {
    for (const good of [0, 1, 99, 100, 250]) {
      looks = 0;
      const mixed = [...Array<number>(good).fill(1), ...Array<number>(60_000).fill(0)];
      const { error } = list.safeParse(mixed);
      expect(error?.issues[0]?.path).toEqual([good]);
      expect(looks).toBeLessThanOrEqual(good + 200);
    }
  });

  it('is taken whole, in order, as long as it may be', () => {
    expect(list.parse(Array<number>(100_000).fill(1)).length).toBe(100_000);
    expect(list.safeParse(Array<number>(100_001).fill(1)).success).toBe(false);
    expect(list.safeParse([]).success).toBe(false);
  });

  it('of any body has a length beyond which nothing in it is looked at', () => {
    const unbounded = operations.flatMap(({ id, body, schemas }) => unboundedIn(body && resolve(body, schemas), id));
    expect(unbounded).toEqual([]);
  });
});

/** Lists of a schema that may be of any length. */
function unboundedIn(schema: ReturnType<typeof resolve> | undefined, at: string): string[] {
  if (!schema) return [];
  const inside = Object.entries(schema.properties ?? {}).flatMap(([name, one]) => unboundedIn(one, `${at}/${name}`));
  const isUnbounded = schema.type === 'array' && schema.maxItems === undefined;
  return [...(isUnbounded ? [at] : []), ...inside, ...unboundedIn(schema.items, `${at}/*`)];
}
