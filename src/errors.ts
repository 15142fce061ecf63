import type { ProblemCode } from './problem-codes.ts';

/** Ends a job for good: another attempt could not succeed. The job's farewell runs. */
export class GiveUp extends Error {
  override name = 'GiveUp';
}

/** The provider's plan does not include what was asked for, and will not until someone pays for another. */
export class NotInPlan extends GiveUp {
  override name = 'NotInPlan';
}

/** A payment belongs to a gateway that this deployment cannot speak to: it waits until someone configures that again. */
export class NoSuchGateway extends GiveUp {
  override name = 'NoSuchGateway';
}

/** The resource behind a queue wants a rest: the whole queue waits `waitMs`, and no attempt is spent. */
export class RateLimited extends Error {
  override name = 'RateLimited';
  readonly waitMs: number;

  constructor(waitMs: number, options?: ErrorOptions) {
    super(`rate limited for ${waitMs} ms`, options);
    this.waitMs = waitMs;
  }
}

/** The same where others of the queue do not need the resource: this job alone waits, and the queue goes on. */
export class StepAside extends RateLimited {
  override name = 'StepAside';
}

/** The payment gateway was asked, and nobody heard what it did: a time-out, a reset, an error of its own. */
export class OutcomeUnknown extends Error {
  override name = 'OutcomeUnknown';
}

/** The payment gateway answered, and has not decided yet, or does not know the charge yet. */
export class Undecided extends OutcomeUnknown {
  override name = 'Undecided';
}

/** The payment gateway did certainly nothing and may do it later: too many calls, or the same key is in use. */
export class NotExecuted extends Error {
  override name = 'NotExecuted';
}

/** The payment gateway did certainly nothing, because it is called too often: it wants to be left alone for `waitMs`. */
export class TooManyCalls extends NotExecuted {
  override name = 'TooManyCalls';
  readonly waitMs: number;

  constructor(message: string, waitMs: number, options?: ErrorOptions) {
    super(message, options);
    this.waitMs = waitMs;
  }
}

/** The payment gateway did certainly nothing, and will not before someone corrects the configuration. */
export class Misconfigured extends Error {
  override name = 'Misconfigured';
}

/** A webhook that the gateway did not send, or sent too long ago. */
export class BadSignature extends Error {
  override name = 'BadSignature';
}

/** A webhook that the gateway has signed, and that does not look like any of its kind; the message is the place in its body, as `a.b`. */
export class MalformedNotice extends Error {
  override name = 'MalformedNotice';
}

/** A definition file does not hold what its name says. */
export class BadDefinition extends Error {
  override name = 'BadDefinition';
}

/** A process cannot start before somebody has mended its surroundings; the message says in a sentence what, and how. */
export class CannotStart extends Error {
  override name = 'CannotStart';
}

/** One fault of a request: `pointer` is an RFC 6901 pointer into the body, or the parameter's name. */
export type Fault = Readonly<{ pointer: string; detail: string }>;

/** What a {@link Problem} may carry besides its code and sentence. */
export type ProblemExtras = Readonly<{
  errors?: readonly Fault[];
  headers?: Readonly<Record<string, string>>;
  /** Figures that a program needs to do better; OpenAPI names each. */
  facts?: Readonly<Record<string, number>>;
  cause?: unknown;
}>;

/** An HTTP answer that is not a success; `code` decides status and title, `detail` is shown to the caller. */
export class Problem extends Error {
  override name = 'Problem';
  readonly code: ProblemCode;
  readonly errors: readonly Fault[];
  readonly headers: Readonly<Record<string, string>>;
  readonly facts: Readonly<Record<string, number>>;

  constructor(code: ProblemCode, detail: string, { errors = [], headers = {}, facts = {}, cause }: ProblemExtras = {}) {
    super(detail, { cause });
    this.code = code;
    this.errors = errors;
    this.headers = headers;
    this.facts = facts;
  }
}

/** Others wait already, and longer than anybody should: this has not been begun. */
export function overloaded(): Problem {
  return new Problem('overloaded', 'More is being asked than can be answered in time.', {
    headers: { 'retry-after': '1' },
  });
}
