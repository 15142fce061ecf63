import type { OpenAPIRoute, RouteConfig } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import type { ApiContext } from '../../context.ts';
import type { Act } from '../callers/audit.ts';
import type { LoginAttempts } from '../callers/failed-logins.ts';
import type { Limits } from '../callers/limits.ts';
import type { Logins } from '../callers/logins.ts';
import type { Principal, Who } from '../callers/principal.ts';

/** What every handler finds in `c.var`. */
export type RouteEnv = {
  Variables: {
    ctx: ApiContext;
    logins: Logins;
    limits: Limits;
    /** The attempts of an address at an account. */
    attempts(account: string, address: string): LoginAttempts;
    requestId: string;
    /** What the request asks for, as the audit names it. */
    act: Act | undefined;
    /** Who calls, on guarded routes. */
    principal: Principal | undefined;
    /** Who calls, on any route, as far as it is known. */
    caller: Principal | undefined;
  };
};

/** Finds what a path names, as far as its caller may see it. @throws Problem not_found */
export type FindNamed = (c: HonoContext<RouteEnv>) => unknown;

/** A route with the least role that may call it: the table of who may what stands next to the code it guards. */
export type Route = Readonly<{ who: Who; route: DocumentedRoute; handler: unknown; find: FindNamed | undefined }>;

/** OpenAPI's view of a route: an id, a summary and its successful answers; the problems are added from the rest. */
export type DocumentedRoute = RouteConfig &
  Readonly<{
    operationId: string;
    summary: string;
    tags: string[];
    /** The most bytes its body may have, where that is not 64 KiB. */
    'x-body-limit'?: number;
  }>;

/**
 * Declares a route. A file `resource.routes.ts` exports its routes as an array named `routes`; nothing else has to know.
 * `find` is for routes whose path names something that may be absent: it is asked before a request is refused for anything else.
 */
export function defineRoute<const R extends DocumentedRoute>(
  who: Who,
  route: R,
  handler: OpenAPIRoute<R, RouteEnv>['handler'],
  find?: FindNamed,
): Route {
  return { who, route, handler, find };
}
