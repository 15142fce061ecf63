import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildApp } from '../../../src/api/app.ts';
import { problemCodes } from '../../../src/problem-codes.ts';
import { operationsOf } from '../../fuzz/operations.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

const Content = z.record(
  z.string(),
  z.object({
    schema: z.looseObject({}),
    example: z.unknown().optional(),
    examples: z.record(z.string(), z.unknown()).optional(),
  }),
);
const Operation = z.object({
  operationId: z.string().min(1),
  summary: z.string().min(10),
  tags: z.array(z.string()).min(1),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.string() })).optional(),
  requestBody: z.object({ required: z.boolean(), content: Content }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string().min(1), content: Content.optional() })),
});
const Document = z.object({
  openapi: z.string(),
  info: z.object({ title: z.string(), version: z.string() }),
  servers: z.array(z.object({ url: z.string() })).min(1),
  tags: z.array(z.object({ name: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  webhooks: z.record(
    z.string(),
    z.object({ post: z.looseObject({ requestBody: z.object({ content: Content }), tags: z.array(z.string()) }) }),
  ),
  components: z.object({
    schemas: z.looseObject({ Problem: z.looseObject({ properties: z.looseObject({ code: z.looseObject({}) }) }) }),
    securitySchemes: z.record(z.string(), z.looseObject({})),
  }),
});

let api: TestApi;
let document: z.output<typeof Document>;
let operations: { name: string; path: string; method: string; operation: z.output<typeof Operation> }[];
beforeAll(async () => {
  api = await openTestApi();
  document = Document.parse(await (await api.send('GET', '/openapi.json')).json());
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, path, method, operation })),
  );
});
afterAll(() => api.close());

describe('the description', () => {
  it('is OpenAPI 3.1 of this very version', async () => {
    const { default: manifest } = await import('../../../package.json', { with: { type: 'json' } });
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Orderflow', version: manifest.version } });
    expect(Object.keys(document.components.securitySchemes).toSorted()).toEqual(['bearer', 'cookie', 'key']);
  });

  it('has a name of its own for each schema: of two with one name, one would stand for both', () => {
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    const texts = files.map((file) => readFileSync(`src/${file}`, 'utf8'));
    const matches = texts.flatMap((text) => [...text.matchAll(/\.openapi\('(\w+)'/g)]);
    const names = matches.map(([, name]) => name);
    expect(names.length).toBeGreaterThan(50);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('has every route, and every route is in it', async () => {
    const app = await buildApp(api.ctx, api.parts);
    const served = app.routes
      .filter(({ method, path }) => method !== 'ALL' && !path.startsWith('/admin/queues'))
      .map(({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    expect(operations.map(({ name }) => name).toSorted()).toEqual([...new Set(served)].toSorted());
  });

  it('lists the closed set of codes', () => {
    expect(document.components.schemas.Problem.properties.code['enum']).toEqual(Object.keys(problemCodes));
  });

  it('gives every operation an id of its own and a tag that is explained', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const explained = document.tags.map(({ name }) => name);
    for (const { name, operation } of operations)
      expect(explained, name).toEqual(expect.arrayContaining(operation.tags));
  });

  it('gives every operation an example of what it takes and of what it answers', () => {
    for (const { name, operation } of operations) {
      const answers = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'));
      expect(answers.length, name).toBeGreaterThan(0);
      const contents = [operation.requestBody?.content, ...answers.map(([, { content }]) => content)];
      for (const content of contents.flatMap((some) => Object.values(some ?? {})))
        expect(content.example ?? content.examples, name).toBeDefined();
    }
  });

  it('has everything that webhooks are told, by schemas that their examples fit', () => {
    const { events } = api.ctx.jobs.definitions;
    expect(Object.keys(document.webhooks).toSorted()).toEqual([...events.keys(), 'webhook.test'].toSorted());
    for (const [type, { post }] of Object.entries(document.webhooks)) {
      const { schema, example } = post.requestBody.content['application/json'] ?? {};
      const body = z.fromJSONSchema(z.record(z.string(), z.any()).parse(schema));
      expect(body.safeParse(example).error, type).toBeUndefined();
      expect(body.safeParse({ ...z.looseObject({}).parse(example), type: 'another.type' }).success, type).toBe(false);
    }
  });

  it('shows examples of answers that fit their own schemas, with no field that these do not name', () => {
    let shown = 0;
    for (const { id, answers } of operationsOf(document)) {
      const { operation } = operations.find((each) => each.operation.operationId === id) ?? {};
      for (const [status, validators] of answers)
        for (const [type, validator] of validators) {
          const { example } = operation?.responses[String(status)]?.content?.[type] ?? {};
          if (example === undefined) continue;
          expect(validator.safeParse(example).error, `${id} ${status}`).toBeUndefined();
          shown += 1;
        }
    }
    expect(shown).toBeGreaterThan(40);
  });

  it('names every status that follows from what an operation takes and who may call it', () => {
    for (const { name, method, operation } of operations) {
      const expected = ['500', '503'];
      const inQuery = operation.parameters?.some((parameter) => parameter.in === 'query');
      if (operation.security.length > 0) expected.push('401');
      if (operation.security.length > 0 && method !== 'get') expected.push('403');
      if (operation.requestBody) expected.push('400', '413', '415');
      if (operation.requestBody || inQuery) expected.push('422');
      if (operation.parameters?.some((parameter) => parameter.in === 'path')) expected.push('404');
      expect(Object.keys(operation.responses), name).toEqual(expect.arrayContaining(expected));
    }
  });

  it('shows each refusal as the one problem schema, with an example of each of its codes', () => {
    for (const { name, operation } of operations)
      for (const [status, { content }] of Object.entries(operation.responses).filter(([code]) => Number(code) >= 400)) {
        if (name === 'get /readyz' && status === '503') continue;
        const problem = content?.['application/problem+json'];
        expect(problem?.schema, `${name} ${status}`).toEqual({ $ref: '#/components/schemas/Problem' });
        for (const example of Object.values(problem?.examples ?? {}))
          expect(example).toMatchObject({ value: { status: Number(status) } });
        expect(Object.keys(problem?.examples ?? {}).length).toBeGreaterThan(0);
      }
  });

  it('names the codes of its own that a route can answer', () => {
    const refusals = document.paths['/orders']?.['post']?.responses['422']?.content?.['application/problem+json'];
    expect(Object.keys(refusals?.examples ?? {})).toEqual(
      expect.arrayContaining(['invalid', 'unknown_product', 'total_mismatch', 'currency_required']),
    );
  });
});

it.each(['/openapi.json', '/asyncapi.json'])('%s is not sent again to whom has it', async (path) => {
  const first = await api.send('GET', path);
  const etag = first.headers.get('etag') ?? '';
  for (const had of [`"other", ${etag}`, `W/"other",W/${etag}`, '*']) {
    const again = await api.send('GET', path, { headers: { 'if-none-match': had } });
    expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, etag, '']);
  }
  const other = await api.send('GET', path, { headers: { 'if-none-match': '"other"' } });
  expect([other.status, await other.text()]).toEqual([200, await first.text()]);
});
