import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import type { RouteEnv } from './route-env.ts';

/** To be called when a request has been answered, or refused. */
type End = () => void;

/** Lets a request pass, or throws what it is refused with. What is returned is called at the request's end. */
export type Check = (c: HonoContext<RouteEnv>) => void | End | Promise<void | End>;

/** One step that makes these checks, one after the other: a step of its own costs more than most checks do. */
export function inOrder(...checks: readonly Check[]): MiddlewareHandler<RouteEnv> {
  return async (c, next) => {
    const ends: End[] = [];
    try {
      for (const check of checks) {
        const checked = check(c);
        const end = checked instanceof Promise ? await checked : checked;
        if (end) ends.push(end);
      }
      await next();
    } finally {
      for (const end of ends) end();
    }
  };
}
