import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiContext } from '../context.ts';
import type { RouteEnv } from './define-route.ts';

export function mountBoard(_app: OpenAPIHono<RouteEnv>, _ctx: ApiContext): void {}
