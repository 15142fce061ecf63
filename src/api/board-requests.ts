import { z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { Problem } from '../errors.ts';
import { isOvertaken } from '../jobs/find-job.ts';
import { isRedisOutage } from '../redis-connection.ts';
import type { RouteEnv } from './define-route.ts';
import { refuseInvalid } from './refuse-invalid.ts';
import { wholeNumber } from './whole-number.ts';

// The board reads as many jobs as it is asked for; Redis would be busy with a million for seconds.
const BoardQuery = z.object({
  page: wholeNumber(1, 1_000_000).optional(),
  jobsPerPage: wholeNumber(1, 100).optional(),
});

/** Refuses pages that are too long, before the board reads them. */
export const refuseLongPages: MiddlewareHandler<RouteEnv> = async (c, next) => {
  refuseInvalid({ target: 'query', ...BoardQuery.safeParse(c.req.query()) });
  await next();
};

/**
 * What has failed in the board, as this API says it: the board itself calls everything a fault of its own. BullMQ looks at
 * options of jobs only while it adds them, and says what is wrong with them in errors of every kind.
 */
export function boardProblem(error: Error, isReading: boolean): Error {
  if (error instanceof Problem || isRedisOutage(error)) return error;
  if (isOvertaken(error)) return new Problem('job_moved', 'It is in another state by now.', { cause: error });
  const isOfRequest = !isReading || error instanceof URIError || error instanceof SyntaxError;
  return isOfRequest
    ? new Problem('invalid', 'The queue cannot do this with what it was sent.', { cause: error })
    : error;
}
