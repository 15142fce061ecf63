import type { Problem } from './generated/api.ts';
import { parsed } from './trust.ts';

/** An answer that is a refusal. `problem` is what the API said; undefined when something on the way has answered in its place. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;
  readonly problem: Problem | undefined;
  /** How long to wait before asking again; undefined when the answer does not say that this would help. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, problem: Problem | undefined, retryAfterMs: number | undefined) {
    super(problem ? `${problem.title}: ${problem.detail}` : `answered with ${status}`);
    this.status = status;
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }

  /** Which of the closed set of problems it is; each has a page at `/problems/{code}`. */
  get code(): Problem['code'] | undefined {
    return this.problem?.code;
  }
}

/**
 * Nobody knows what came of it: no answer, or only that there is none yet. Asked again with the same `intention`, what was done
 * is not done twice.
 */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly intention: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    more: { cause?: unknown; intention?: string | undefined; retryAfterMs?: number | undefined },
  ) {
    super(message, { cause: more.cause });
    this.intention = more.intention;
    this.retryAfterMs = more.retryAfterMs;
  }
}

/** What a response that is no success says. */
export function refusalOf(response: Response, text: string): Refused {
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json') ?? false;
  return new Refused(response.status, isProblem ? parsed<Problem>(text) : undefined, retryAfterMsOf(response));
}

/** The wait that an answer advises: seconds, or from a proxy a date. */
export function retryAfterMsOf({ headers }: Response): number | undefined {
  const said = headers.get('retry-after');
  if (said === null) return undefined;
  const ms = /^\d+$/.test(said) ? Number(said) * 1_000 : Date.parse(said) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
