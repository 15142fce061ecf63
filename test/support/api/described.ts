import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import type { RouteEnv } from '../../../src/api/callers/route-env.ts';

const Operation = z.object({ responses: z.record(z.string(), z.unknown()) });
const Document = z.object({ paths: z.record(z.string(), z.record(z.string(), Operation)) });

/** Whether the API's own description names such an answer; what is not described at all may answer anything. */
export type IsDescribed = (method: string, path: string, status: number) => boolean;

/** Reads the description from the routes, without a request that would count. */
export function openDescription(app: OpenAPIHono<RouteEnv>): IsDescribed {
  const info = { title: 'Orderflow', version: '0' };
  const { paths } = Document.parse(app.getOpenAPI31Document({ openapi: '3.1.0', info }));
  const operations = Object.entries(paths).map(([path, methods]) => ({
    pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}/?$`),
    // Where both fit, a path without parameters is the one that is meant.
    isFixed: !path.includes('{'),
    methods,
  }));
  return (method, path, status) => {
    const [bare = ''] = path.split(/[?#]/);
    // No path has an empty part, though the description's pattern of `/` takes `//`.
    if (bare.includes('//')) return true;
    const fitting = operations.filter(({ pattern }) => pattern.test(bare));
    const best = fitting.find(({ isFixed }) => isFixed) ?? fitting[0];
    const operation = best?.methods[method.toLowerCase()];
    return operation === undefined || String(status) in operation.responses;
  };
}
