import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import type { RouteEnv } from '../../../src/api/callers/route-env.ts';

const Answers = z.record(z.string(), z.object({ headers: z.record(z.string(), z.unknown()).default({}) }));
const Operation = z.object({ responses: Answers });
const Document = z.object({ paths: z.record(z.string(), z.record(z.string(), Operation)) });

// What a client goes on by: where a thing is, when to come again, whether it has a copy already, and what it is known by.
const followed = ['location', 'retry-after', 'etag', 'age', 'cache-status', 'set-cookie'];

/**
 * What is in an answer that the API's own description of it does not name: its status, or a header that clients go on by. What is not
 * described at all may answer anything.
 */
export type Undescribed = (method: string, path: string, answer: Response) => string | undefined;

/** Reads the description from the routes, without a request that would count. */
export function openDescription(app: OpenAPIHono<RouteEnv>): Undescribed {
  const info = { title: 'Orderflow', version: '0' };
  const { paths } = Document.parse(app.getOpenAPI31Document({ openapi: '3.1.0', info }));
  const operations = Object.entries(paths).map(([path, methods]) => ({
    pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}/?$`),
    // Where both fit, a path without parameters is the one that is meant.
    isFixed: !path.includes('{'),
    methods,
  }));
  return (method, path, { status, headers }) => {
    const [bare = ''] = path.split(/[?#]/);
    // No path has an empty part, though the description's pattern of `/` takes `//`.
    if (bare.includes('//')) return undefined;
    const fitting = operations.filter(({ pattern }) => pattern.test(bare));
    const best = fitting.find(({ isFixed }) => isFixed) ?? fitting[0];
    const operation = best?.methods[method.toLowerCase()];
    if (operation === undefined) return undefined;
    const described = operation.responses[String(status)];
    if (described === undefined) return String(status);
    const named = new Set(Object.keys(described.headers).map((name) => name.toLowerCase()));
    const unnamed = followed.find((name) => headers.has(name) && !named.has(name));
    return unnamed && `${status} with ${unnamed}`;
  };
}
