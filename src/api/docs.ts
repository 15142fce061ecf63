import type { OpenAPIHono, RouteConfig } from '@hono/zod-openapi';
import type { ApiContext } from '../context.ts';
import type { RouteEnv } from './define-route.ts';
import type { Who } from './principal.ts';

export function documented<R extends RouteConfig>(_who: Who, route: R): R {
  return route;
}

export function serveDocuments(_app: OpenAPIHono<RouteEnv>, _ctx: ApiContext): void {}
