import { z } from '@hono/zod-openapi';
import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import { BadDefinition, Problem } from '../../errors.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import type { DocumentedRoute, FindNamed } from './define-route.ts';
import { problemCodes } from '../../problem-codes.ts';

const mostFaults = 20;
const longestName = 100;
/** What a request is refused with for what it has sent: its body, its parameters, its headers. */
const aboutWhatIsSent: ReadonlySet<number> = new Set([413, 415, 400, 422]);

/**
 * Answers 404 for what the path names and is not there, or is someone else's, before anything that is wrong with what
 * was sent. It is looked up only when there is something wrong: a request that is in order costs nothing more.
 */
export function refuseAbsentFirst(find: FindNamed): MiddlewareHandler<RouteEnv> {
  return async (c, next) => {
    await next();
    const { error } = c;
    if (error instanceof Problem && aboutWhatIsSent.has(problemCodes[error.code].status)) await find(c);
  };
}

/** Refuses query parameters that the route does not have, by their names: a misspelt filter must not answer everything. */
export function refuseUnknownQuery({ path, request }: DocumentedRoute): (c: HonoContext<RouteEnv>) => void {
  const query = request?.query;
  if (query && !(query instanceof z.ZodObject)) throw new BadDefinition(`the query of ${path} is no z.object`);
  const known = new Set(Object.keys(query?.shape ?? {}));
  return (c) => {
    const unknown = namesIn(c).filter((name) => !known.has(name));
    if (unknown.length === 0) return;
    const takes = known.size === 0 ? 'no parameters' : [...known].join(', ');
    throw new Problem('invalid', `This path takes ${takes}.`, {
      errors: unknown.slice(0, mostFaults).map((name) => ({
        pointer: name.slice(0, longestName),
        detail: 'unknown parameter',
      })),
    });
  };
}

// Hono leaves out a parameter without a name.
const nameless = /^[^?]*\?(?:.*&)?=/;

/** The names of the query parameters, also that of one that has an empty name. */
function namesIn({ req }: HonoContext<RouteEnv>): readonly string[] {
  if (!req.url.includes('?')) return [];
  const names = Object.keys(req.queries());
  return nameless.test(req.url) ? [...names, ''] : names;
}
