import { createBullBoard } from '@bull-board/api';
import type { IServerAdapter } from '@bull-board/api/typings/app';
import { z } from 'zod';

/** A request that fits an operation, as the API's own description shows it. */
export type RouteRequest = Readonly<{
  method: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: string;
}>;

const Parameter = z.object({
  in: z.enum(['path', 'query', 'header']),
  name: z.string(),
  required: z.boolean().default(false),
  schema: z.object({
    example: z.union([z.string(), z.number()]).optional(),
    enum: z.array(z.string()).optional(),
    type: z.string().optional(),
  }),
});
type Parameter = z.output<typeof Parameter>;
const Operation = z.object({
  parameters: z.array(Parameter).default([]),
  requestBody: z.object({ content: z.record(z.string(), z.object({ example: z.unknown() })) }).optional(),
});
const Document = z.object({ paths: z.record(z.string(), z.record(z.string(), Operation)) });

/**
 * Requests to every operation of an OpenAPI document: with what it needs, with each thing more that it takes, and with all
 * of them. `idOf` names a real object where a path has a parameter; undefined takes the example.
 */
export function requestsOf(document: unknown, idOf: (path: string) => string | undefined): RouteRequest[] {
  return Object.entries(Document.parse(document).paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { parameters, requestBody }]) => {
      const taken = parameters.filter((one) => one.in !== 'path' && one.name !== 'cursor' && one.name !== 'prefer');
      const needed = taken.filter(({ required }) => required);
      const more = taken.filter(({ required }) => !required);
      const choices = [needed, ...more.map((one) => [...needed, one]), ...(more.length > 1 ? [taken] : [])];
      const example = parameters.find((one) => one.in === 'path')?.schema.example;
      const place = path.replace(/\{\w+\}/, idOf(path) ?? String(example ?? ''));
      const [content] = Object.values(requestBody?.content ?? {});
      return choices.map((chosen) => requestTo(method.toUpperCase(), place, chosen, content?.example));
    }),
  );
}

function requestTo(method: string, path: string, chosen: readonly Parameter[], body: unknown): RouteRequest {
  const valuesIn = (place: Parameter['in']): Record<string, string> =>
    Object.fromEntries(chosen.filter((one) => one.in === place).map((one) => [one.name, valueOf(one)]));
  const query = new URLSearchParams(valuesIn('query')).toString();
  const headers = valuesIn('header');
  const target = { method, path: query === '' ? path : `${path}?${query}` };
  if (body === undefined) return { ...target, headers };
  return { ...target, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function valueOf({ schema: { example, enum: [first] = [], type } }: Parameter): string {
  return String(example ?? first ?? (type === 'boolean' ? true : 1));
}

/** Requests to every route of Bull Board, as it tells them to whatever serves it, about this queue. */
export function boardRequestsOf(base: string, queue: string): RouteRequest[] {
  const requests: RouteRequest[] = [];
  const note = (methods: string | readonly string[], routes: string | readonly string[]) => {
    for (const method of [methods].flat())
      for (const route of [routes].flat()) requests.push(boardRequest(method.toUpperCase(), base + route, queue));
  };
  const listener: IServerAdapter = {
    setQueues: () => listener,
    setViewsPath: () => listener,
    setStaticPath: () => listener,
    setErrorHandler: () => listener,
    setUIConfig: () => listener,
    setEntryRoute: ({ method, route }) => (note(method, route), listener),
    setApiRoutes: (routes) => (routes.forEach(({ method, route }) => note(method, route)), listener),
  };
  createBullBoard({ queues: [], serverAdapter: listener });
  return requests;
}

function boardRequest(method: string, route: string, queue: string): RouteRequest {
  const path = route.replace(':queueName', queue).replace(':queueStatus', 'completed').replaceAll(/:\w+/g, '1');
  return method === 'GET'
    ? { method, path, headers: {} }
    : { method, path, headers: { 'content-type': 'application/json' }, body: '{}' };
}
