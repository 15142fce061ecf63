import { type Answer, json } from '../answer.ts';

/** The fields of an error body beside its type and message. */
export interface ErrorDetails {
  readonly code?: string;
  readonly param?: string;
  readonly [further: string]: unknown;
}

/** A request that is refused before anything was executed; its idempotency key stays free. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly answer: Answer;

  constructor(status: number, type: string, message: string, details: ErrorDetails = {}) {
    super(message);
    this.answer = stripeError(status, type, message, details);
  }
}

/** An answer with the gateway's error body. */
export function stripeError(status: number, type: string, message: string, details: ErrorDetails = {}): Answer {
  // The client library repeats a 409 by itself, and nothing else that is not an outage.
  const shouldRetry = status === 409 ? 'true' : 'false';
  return json(status, { error: { ...details, message, type } }, { 'stripe-should-retry': shouldRetry });
}

/** A refusal of a parameter, status 400. */
export function badParameter(param: string, code: string, message: string): Refusal {
  return new Refusal(400, 'invalid_request_error', message, { code, param });
}

/** A refusal because no such object exists; 404 where the path names it, 400 where a parameter does. */
export function missing(status: 400 | 404, param: string, noun: string, id: string): Refusal {
  const details = { code: 'resource_missing', param };
  return new Refusal(status, 'invalid_request_error', `No such ${noun}: '${id}'`, details);
}
