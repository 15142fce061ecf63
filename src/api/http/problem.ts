import { ConnectionException, DriverException } from '@mikro-orm/mysql';
import type { Context as HonoContext } from 'hono';
import { html } from 'hono/html';
import { HTTPException } from 'hono/http-exception';
import { TooLate } from '../../process/deadline.ts';
import { Problem } from '../../errors.ts';
import { isAway, isTransient } from '../../mysql/faults.ts';
import { isRedisOutage } from '../../redis/connection.ts';
import { CommitUnknown, TransactionTimeout } from '../../outbox/transaction.ts';
import { traceId } from '../../telemetry/traces.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { answerPage, wishOf } from './own-page.ts';
import { problemCodes } from '../../problem-codes.ts';

/** So many faults of one request are told; who mends them is told of the next. */
export const mostFaults = 20;

// Whatever a caller sends comes back in parts at most: with these, no refusal is larger than 32 KiB.
const [mostPointer, mostDetail] = [150, 250];

// Bull Board's page is silent about a refusal that does not say it in the board's own two fields.
const boardApi = '/admin/queues/api/';

/** Answers any error as RFC 9457 problem+json. What is nobody's fault but ours is logged, and its text stays inside. */
export function answerProblem(error: Error, c: HonoContext<RouteEnv>): Response | Promise<Response> {
  const problem = toProblem(error);
  if (problem.code === 'internal' || problem.code === 'unavailable')
    c.get('ctx').log[problem.code === 'internal' ? 'error' : 'warn'](
      { err: error, request_id: c.get('requestId') },
      'request failed',
    );
  const { status, title } = problemCodes[problem.code];
  if (status === 404 && c.get('isForPeople') && wishOf(c) === 'page') return answerNotFound(c, problem);
  const trace = traceId();
  const errors = problem.errors
    .slice(0, mostFaults)
    .map(({ pointer, detail }) => ({ pointer: clip(pointer, mostPointer), detail: clip(detail, mostDetail) }));
  const body = {
    type: `${c.get('ctx').config.publicUrl}/problems/${problem.code}`,
    title,
    status,
    detail: clip(problem.message, mostDetail),
    code: problem.code,
    request_id: c.get('requestId'),
    ...(trace === undefined ? {} : { trace_id: trace }),
    ...problem.facts,
    ...(status === 422 || errors.length > 0 ? { errors } : {}),
    ...(c.req.path.startsWith(boardApi) ? { error: title, message: sentenceOf(problem) } : {}),
  };
  return c.body(JSON.stringify(body), status, { ...problem.headers, 'content-type': 'application/problem+json' });
}

/** What is wrong in one sentence, for a page that knows of no list of faults. */
function sentenceOf({ message, errors: [first] }: Problem): string {
  return first ? clip(`${first.pointer} ${first.detail}`, mostDetail) : clip(message, mostDetail);
}

/** Who follows a dead link in a browser is told so on a page, with the way home. */
function answerNotFound(c: HonoContext<RouteEnv>, { code, message }: Problem): Promise<Response> {
  const body = html`<p>${clip(message, mostDetail)}</p>
    <p><a href="/">The live page</a> · <a href="/problems/${code}">What this means</a></p>
    <p class="faint">Request <code>${c.get('requestId')}</code></p>`;
  return answerPage(c, { title: problemCodes[code].title, body, status: 404 });
}

/** A text's beginning, in characters that JSON writes in three bytes at most. */
function clip(text: string, most: number): string {
  const short = text.length > most ? `${text.slice(0, most - 1)}…` : text;
  return short.toWellFormed().replaceAll(/\p{Cc}/gu, '\ufffd');
}

function toProblem(error: Error): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof HTTPException && error.status === 400)
    return new Problem('malformed_json', 'The body is not JSON.', { cause: error });
  if (error instanceof HTTPException && error.status === 415)
    return new Problem('unsupported_media_type', 'Send application/json.', { cause: error });
  if (isOutage(error))
    return new Problem('unavailable', 'What this needs did not answer in time; ask again.', {
      cause: error,
      headers: { 'retry-after': '1' },
    });
  return new Problem('internal', 'Something happened that should not. Report the request_id.', { cause: error });
}

function isOutage(error: Error): boolean {
  if ([CommitUnknown, TransactionTimeout, TooLate].some((known) => error instanceof known)) return true;
  if (error instanceof ConnectionException || isRedisOutage(error)) return true;
  // What had to be done anew too often, in a storm of deadlocks for one, may be asked for anew as well.
  if (isTransient(error)) return true;
  return isAway(error) || (error instanceof DriverException && isAway(error.cause));
}
