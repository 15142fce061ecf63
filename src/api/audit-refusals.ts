import type { MiddlewareHandler } from 'hono';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { Problem } from '../errors.ts';
import { audit } from './audit.ts';
import type { RouteEnv } from './define-route.ts';
import { type ProblemCode, problemCodes } from './problem-codes.ts';

/**
 * What is written down although nothing changes: somebody tried what only others may, or a password that is another one, or
 * another site tried it with somebody's cookie. Of logins also those that are refused for their number.
 */
const refusals: readonly ProblemCode[] = ['forbidden', 'bad_credentials', 'foreign_origin'];

// Nobody fills a table by being refused: what somebody tries more often than this in a minute is known by then.
const mostAMinute = 60;

/** Writes down who was refused what. The answer is the same when that cannot be written. */
export function auditRefusals(): MiddlewareHandler<RouteEnv> {
  const written = new RateLimiterMemory({ points: mostAMinute, duration: 60 });
  return async (c, next) => {
    await next();
    const { error } = c;
    const { act, caller, ctx, limits } = c.var;
    const refusal = refusalOf(error, act?.action);
    if (!act || !refusal || !(error instanceof Problem)) return;
    const who = caller ? `user ${caller.userId}` : `address ${limits.addressOf(c)}`;
    const isOneTooMany = await written.consume(`${who} ${act.action}`).then(
      () => false,
      () => true,
    );
    if (isOneTooMany) return;
    const { status } = problemCodes[error.code];
    await ctx
      .transaction((tx) => audit(c, tx, { status, code: refusal }))
      .catch((cause: unknown) => ctx.log.warn({ err: cause, request_id: c.var.requestId }, 'audit: a refusal is lost'));
  };
}

/** Who may not even know that something is there is told another code than the one that stands behind it. */
function refusalOf(error: unknown, action: string | undefined): ProblemCode | undefined {
  if (!(error instanceof Problem)) return undefined;
  const isRefusal = refusals.includes(error.code) || (error.code === 'too_many_requests' && action === 'login');
  return isRefusal ? error.code : refusalOf(error.cause, action);
}
