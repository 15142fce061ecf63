import type { OpenAPIRoute, RouteConfig } from '@hono/zod-openapi';
import type { Context as HonoContext, Handler } from 'hono';
import { BadDefinition } from '../../errors.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import type { Who } from '../callers/principal.ts';

/** Finds what a path names, as far as its caller may see it. @throws Problem not_found */
export type FindNamed = (c: HonoContext<RouteEnv>) => unknown;

/** A route with the least role that may call it: the table of who may what stands next to the code it guards. */
export type Route = Readonly<{
  who: Who;
  route: DocumentedRoute;
  handler: Handler<RouteEnv>;
  find: FindNamed | undefined;
}>;

/** OpenAPI's view of a route: an id, a summary and its successful answers; the problems are added from the rest. */
export type DocumentedRoute = RouteConfig &
  Readonly<{
    operationId: string;
    summary: string;
    tags: string[];
    /** Of routes that follow from a definition; of all others it stands in `operations.md`, beside the routes. */
    description?: string;
    /** The most bytes its body may have, where that is not 64 KiB. */
    'x-body-limit'?: number;
    /** Whether its handler knows the sender by a signature over the body's text. */
    'x-signed-body'?: boolean;
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
  if (!isHandler(handler)) throw new BadDefinition(`the handler of ${route.path} is no function`);
  return { who, route, handler, find };
}

/** Safe because its type has been checked against the route, by whose schemas all that it reads is let in. */
function isHandler(handler: unknown): handler is Handler<RouteEnv> {
  return typeof handler === 'function';
}
