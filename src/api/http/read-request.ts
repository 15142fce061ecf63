import { z } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import { BadDefinition } from '../../errors.ts';
import type { Check, RouteEnv } from '../callers/route-env.ts';
import type { DocumentedRoute } from './define-route.ts';
import { refuseUnknownQuery } from './refuse-in-order.ts';
import { refuseInvalid } from './refuse-invalid.ts';
import { readJsonBody } from './request-body.ts';

type Target = 'query' | 'param' | 'header' | 'json';

/**
 * Reads what a route takes, by the schemas that document it, for its handler's `c.req.valid`. What does not fit is refused:
 * the body's bytes first, then the parameters, the headers, and last what the body says.
 */
export function readRequest(route: DocumentedRoute): Check {
  const { query, params, headers, body } = route.request ?? {};
  const header = headers && objectOf(headers, route);
  const headerNames = Object.keys(header?.shape ?? {});
  const json = body?.content['application/json'];
  const bodySchema = json && 'schema' in json && json.schema instanceof z.ZodType ? json.schema : undefined;
  const refuseUnknown = refuseUnknownQuery(route);
  const read = (c: HonoContext<RouteEnv>, sent: unknown) => {
    refuseUnknown(c);
    if (query) take(c, 'query', query, queryOf(c));
    if (params) take(c, 'param', params, c.req.param());
    if (header) take(c, 'header', header, headersOf(c, headerNames));
    if (bodySchema) take(c, 'json', bodySchema, sent);
  };
  if (!body) return (c) => read(c, undefined);
  const limits = {
    isOptional: body.required === false,
    mostBytes: route['x-body-limit'],
    isSigned: route['x-signed-body'],
  };
  return async (c) => read(c, await readJsonBody(c, limits));
}

/** @throws Problem invalid */
function take(c: HonoContext<RouteEnv>, target: Target, schema: z.ZodType, sent: unknown): void {
  const result = schema.safeParse(sent);
  refuseInvalid({ ...result, target });
  c.req.addValidatedData(target, result.data ?? {});
}

/** A parameter that comes once is itself, one that comes more often a list. */
function queryOf(c: HonoContext<RouteEnv>): object {
  if (!c.req.url.includes('?')) return {};
  return Object.fromEntries(
    Object.entries(c.req.queries()).map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
}

/** Of all that a request says of itself only what the route reads. */
function headersOf(c: HonoContext<RouteEnv>, names: readonly string[]): object {
  const read: Record<string, string> = {};
  for (const name of names) {
    const value = c.req.header(name);
    if (value !== undefined) read[name] = value;
  }
  return read;
}

/** @throws BadDefinition */
function objectOf(schema: unknown, { path }: DocumentedRoute): z.ZodObject {
  if (schema instanceof z.ZodObject) return schema;
  throw new BadDefinition(`the headers of ${path} are no z.object`);
}
