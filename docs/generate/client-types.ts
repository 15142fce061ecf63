import { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { loadRoutes } from '../../src/api/app.ts';
import { asyncApiOf } from '../../src/api/docs/asyncapi.ts';
import { documented } from '../../src/api/docs/documented.ts';
import { loadDefinitions } from '../../src/jobs/load-definitions.ts';
import { commentText, Schema, typeText } from './type-text.ts';

// The generators that there are for OpenAPI need the compiler as a library, which TypeScript 7 is not, and know no AsyncAPI.

const folder = 'clients/typescript/src/generated';
const json = 'application/json';
const Content = z.record(z.string(), z.object({ schema: Schema.optional() }));
const Parameter = z.object({
  name: z.string(),
  in: z.string(),
  required: z.boolean().default(false),
  description: z.string().optional(),
  schema: Schema,
});
const Operation = z.object({
  operationId: z.string(),
  summary: z.string(),
  tags: z.array(z.string()),
  parameters: z.array(Parameter).default([]),
  requestBody: z.object({ required: z.boolean().default(false), content: Content }).optional(),
  responses: z.record(z.string(), z.object({ content: Content.optional() })),
});
type Operation = z.output<typeof Operation>;
const OpenApi = z.object({
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.object({ schemas: z.record(z.string(), Schema) }),
});
const Message = z.object({ summary: z.string(), payload: Schema });
const AsyncApi = z.object({
  channels: z.record(z.string(), z.object({ messages: z.record(z.string(), z.unknown()) })),
  components: z.object({ messages: z.record(z.string(), Message) }),
});

/** The client's generated files by their paths, from the descriptions as the API serves them. */
export function clientFiles(openApi: unknown, asyncApi: unknown): ReadonlyMap<string, string> {
  return new Map([
    [`${folder}/api.ts`, apiText(OpenApi.parse(openApi))],
    [`${folder}/events.ts`, eventsText(AsyncApi.parse(asyncApi))],
  ]);
}

/** The same from the definitions, without a server. */
export async function generateClient(): Promise<ReadonlyMap<string, string>> {
  const { openAPIRegistry: registry, getOpenAPI31Document } = new OpenAPIHono();
  for (const { who, route } of await loadRoutes()) registry.registerPath(documented(who, route, undefined));
  const info = { title: 'Orderflow', version: '' };
  return clientFiles(getOpenAPI31Document({ openapi: '3.1.0', info }), asyncApiOf(await loadDefinitions(), ''));
}

function apiText({ paths, components: { schemas } }: z.output<typeof OpenApi>): string {
  const operations = Object.entries(paths)
    .flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })))
    .filter(({ operation }) => isForPrograms(operation))
    .toSorted((a, b) => (a.operation.operationId < b.operation.operationId ? -1 : 1));
  return [
    '// Made of /openapi.json by `npm run docs`; a test fails when it is stale.\n',
    ...byName(schemas).map(
      ([name, schema]) => `${commentText(schema.description)}export type ${name} = ${typeText(schema)};\n`,
    ),
    '/** Every operation: what it takes, and what it answers. */\nexport type Operations = {',
    ...operations.map(({ method, operation }) => operationText(method, operation)),
    '};\n\n/** How each is asked, and whether a repeated request is known by its Idempotency-Key. */\nexport const operations = {',
    ...operations.map(({ path, method, operation: { operationId, parameters } }) => {
      const isKeyed = parameters.some(({ name }) => name === 'idempotency-key');
      return `  ${operationId}: { method: '${method.toUpperCase()}', path: '${path}', isKeyed: ${isKeyed} },`;
    }),
    '} as const;\n',
  ].join('\n');
}

/** What answers JSON, or nothing. Pages are for people, streams of events are followed, and probes need no client. */
function isForPrograms({ tags, responses }: Operation): boolean {
  return !tags.includes('about') && successesOf(responses).every(({ content = { [json]: {} } }) => json in content);
}

function successesOf(responses: Operation['responses'], except?: string) {
  return Object.entries(responses).flatMap(([status, response]) =>
    status.startsWith('2') && status !== except ? [response] : [],
  );
}

function operationText(method: string, { operationId, summary, parameters, requestBody, responses }: Operation) {
  const named = parameters.filter(({ in: place }) => place !== 'header');
  const body = requestBody?.content[json]?.schema;
  const properties = {
    ...Object.fromEntries(named.map(({ name, description, schema }) => [name, { description, ...schema }])),
    ...(body && { body }),
  };
  const needed = named.filter(({ required }) => required).map(({ name }) => name);
  const required = requestBody?.required ? [...needed, 'body'] : needed;
  const taken = Object.keys(properties).length > 0 ? [typeText({ type: 'object', properties, required }, '    ')] : [];
  const input = [...taken, ...(required.length === 0 ? ['undefined'] : [])].join(' | ');
  // A read that is answered with 202 is asked again until there is something to read.
  const answers = successesOf(responses, method === 'get' ? '202' : undefined).map(({ content }) =>
    content?.[json]?.schema ? typeText(content[json].schema, '    ') : 'undefined',
  );
  const answer = [...new Set(answers)].join(' | ');
  return `${commentText(summary, '  ')}  ${operationId}: {\n    input: ${input};\n    answer: ${answer};\n  };`;
}

function eventsText({ channels, components: { messages } }: z.output<typeof AsyncApi>): string {
  return [
    '// Made of /asyncapi.json by `npm run docs`; a test fails when it is stale.\n',
    ...byName(messages).map(
      ([type, { summary, payload }]) => `${commentText(summary)}export type ${nameOf(type)} = ${typeText(payload)};\n`,
    ),
    ...byName(channels).map(([stream, { messages: announced }]) => {
      const types = Object.keys(announced).toSorted().map(nameOf);
      return `/** What is announced on \`${stream}\`. */\nexport type ${nameOf(stream)}Event =\n  | ${types.join('\n  | ')};\n`;
    }),
    `/** Whatever is announced. */\nexport type AnyEvent = ${byName(channels)
      .map(([stream]) => `${nameOf(stream)}Event`)
      .join(' | ')};\n`,
  ].join('\n');
}

function byName<T>(some: Readonly<Record<string, T>>): readonly (readonly [string, T])[] {
  return Object.entries(some).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** `order.payment_failed` as `OrderPaymentFailed`. */
function nameOf(type: string): string {
  return type.replaceAll(/(?:^|[._-])([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
