import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { withLogIds } from '../log-ids.ts';
import { traced } from '../trace.ts';
import type { RouteEnv } from './define-route.ts';
import { probes } from './probes.ts';

/** Begins a request's trace, or goes on with the caller's; everything that is logged for the request has its ids. */
export const traceRequests: MiddlewareHandler<RouteEnv> = (c, next) =>
  withLogIds({ request_id: c.var.requestId }, () => {
    const { method, path } = c.req;
    if (probes.has(path)) return next();
    const attributes = { 'http.request.method': method, 'orderflow.request_id': c.var.requestId };
    return traced({ name: method, kind: 'server', from: c.req.header('traceparent'), attributes }, async (rename) => {
      await next();
      const route = routePath(c, -1);
      // The route, never the address with its values.
      rename(route === '/*' ? method : `${method} ${route}`);
    });
  });
