import { routePath } from 'hono/route';
import type { Around } from '../callers/route-env.ts';
import { probes } from '../callers/limits.ts';
import { withLogIds } from '../../process/log.ts';
import { traced } from '../../telemetry/traces.ts';

/**
 * Writes one line a request: which route (never the address with its values), which answer, how long it took to begin,
 * and who asked. Reads that went well are told at `debug`: there are thousands a second, and metrics count them.
 */
export const logRequests: Around = async (c, next) => {
  const startedAt = performance.now();
  await next();
  const { method } = c.req;
  const { status } = c.res;
  const level = levelOf(method, status);
  const { log } = c.get('ctx');
  if (!log.isLevelEnabled(level)) return;
  const caller = c.get('caller');
  const route = routePath(c, -1);
  if (probes.has(route)) return;
  log[level](
    {
      method,
      route: route === '/*' ? 'none' : route,
      status,
      ms: Math.round(performance.now() - startedAt),
      request_id: c.get('requestId'),
      ...(caller === undefined ? {} : { user_id: caller.userId }),
    },
    'request',
  );
};

function levelOf(method: string, status: number): 'debug' | 'info' | 'warn' {
  if (status >= 500) return 'warn';
  return status < 400 && (method === 'GET' || method === 'HEAD') ? 'debug' : 'info';
}

/** Begins a request's trace, or goes on with the caller's; everything that is logged for the request has its ids. */
export const traceRequests: Around = (c, next) =>
  withLogIds({ request_id: c.get('requestId') }, () => {
    const { method, path } = c.req;
    if (probes.has(path)) return next();
    const attributes = { 'http.request.method': method, 'orderflow.request_id': c.get('requestId') };
    return traced({ name: method, kind: 'server', from: c.req.header('traceparent'), attributes }, async (rename) => {
      await next();
      const route = routePath(c, -1);
      // The route, never the address with its values.
      rename(route === '/*' ? method : `${method} ${route}`);
    });
  });
