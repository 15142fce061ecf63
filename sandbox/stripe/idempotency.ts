import { createHash } from 'node:crypto';
import type { Answer, Question } from '../answer.ts';
import type { Books } from './books.ts';
import { Refusal, stripeError } from './stripe-error.ts';

/** The keys that make a repeated request harmless. */
export interface IdempotencyKeys {
  /** The stored answer of this key, for the same request. @throws Refusal when the request is another one. */
  replay(key: string, fingerprint: string): Answer | undefined;
  /** Runs with the key in use; a second request with it meanwhile gets 409. */
  using(key: string, run: () => Promise<Answer>): Promise<Answer>;
}

/** Watches over the keys in the books; they are forgotten after `keepMs`, and then make a new request. */
export function createIdempotencyKeys(books: Books, keepMs: number, nowMs: () => number): IdempotencyKeys {
  const inUse = new Set<string>();
  return {
    replay(key, fingerprint) {
      if (key.length > 255) throw new Refusal(400, 'invalid_request_error', 'Idempotency keys take 255 characters.');
      if (inUse.has(key)) return keyInUse;
      const record = books.keys.get(key);
      if (!record || record.atMs + keepMs <= nowMs()) return undefined;
      if (record.fingerprint !== fingerprint) {
        const message =
          'Keys for idempotent requests can only be used with the same parameters they were first used with. ' +
          `Try using a key other than '${key}' if you meant to execute a different request.`;
        throw new Refusal(400, 'idempotency_error', message);
      }
      const headers = {
        'content-type': 'application/json; charset=utf-8',
        'idempotent-replayed': 'true',
        'original-request': record.requestId,
        'stripe-should-retry': 'false',
      };
      return { status: record.status, headers, body: record.body };
    },
    async using(key, run) {
      if (inUse.has(key)) return keyInUse;
      inUse.add(key);
      try {
        return await run();
      } finally {
        inUse.delete(key);
      }
    },
  };
}

const keyInUse = stripeError(
  409,
  'idempotency_error',
  'There is currently another in-progress request using this Idempotency Key. Please try again later.',
  { code: 'idempotency_key_in_use' },
);

/** What makes two requests the same: method, path and parameters, in whatever order they came. */
export function fingerprintOf({ method, path, body }: Question): string {
  const parameters = [...new URLSearchParams(body)].map((pair) => JSON.stringify(pair)).sort();
  return createHash('sha256')
    .update(JSON.stringify([method, path, parameters]))
    .digest('base64url');
}
