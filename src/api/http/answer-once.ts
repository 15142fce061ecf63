import { hash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from '@hono/zod-openapi';
import { type EntityManager, LockWaitTimeoutException, UniqueConstraintViolationException } from '@mikro-orm/mysql';
import type { Context as HonoContext } from 'hono';
import { TooLate, within } from '../../process/deadline.ts';
import { IdempotencyKey } from '../../entities/ops.entity.ts';
import { Problem } from '../../errors.ts';
import type { AfterCommit } from '../../outbox/after-commit.ts';
import { type KeyedRequest, KeyInUse, nameOf, reused, type StoredAnswer } from '../../outbox/keyed-answers.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { principalOf } from '../callers/principal.ts';
import { publicUrlOf } from './public-url.ts';
import { unreadBody } from './request-body.ts';

/** The headers of a request that may be repeated safely. */
export const IdempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    // To MySQL a key with a blank behind it is the one without, and would neither be found under its name nor be stored.
    .regex(/^[\x20-\x7e]{0,254}[\x21-\x7e]$/, 'must be 1 to 255 printable ASCII characters, the last of them no blank')
    .optional()
    .openapi({
      description:
        'Makes repeating safe: the same key and body get the first answer again, byte for byte, with `Idempotent-Replayed: true`.',
      example: '5f0c7f1e-order-1',
    }),
});

/** What a write answers, as JSON; `location` is a path. */
export type Answer = Readonly<{ status: 200 | 201 | 202; body: object; location?: string }>;

type Work = (tx: EntityManager, after: AfterCommit) => Promise<Answer>;
type CheckedWork<T> = (tx: EntityManager, after: AfterCommit, checked: T) => Promise<Answer>;
type Answered = Readonly<{ answer: StoredAnswer; isReplayed: boolean }>;

const patienceMs = 5_000;
const lookAgainMs = 50;

/**
 * Does a write in one transaction and answers it. With an Idempotency-Key the answer is stored in that same transaction,
 * so that the same request gets the same bytes and never a second effect. `body` is the validated body, or {@link strayBody}.
 * @throws Problem idempotency_key_reused or idempotency_key_in_use; a refusal of the work itself frees the key.
 */
export async function answerOnce(c: HonoContext<RouteEnv>, body: unknown, work: Work): Promise<Response> {
  return answerChecked(c, body, async () => {}, work);
}

/**
 * The same of a write before which something is checked that may change or take its time: products, rates, what the provider
 * says. It is asked for once no answer is stored, so that none of it keeps a repeated request from the first answer, and before the
 * transaction begins, which it would hold up.
 */
export async function answerChecked<T>(
  c: HonoContext<RouteEnv>,
  body: unknown,
  check: () => Promise<T>,
  work: CheckedWork<T>,
): Promise<Response> {
  const ctx = c.get('ctx');
  return answerKeyed(c, body, async (request) => {
    const known = request && (await recall(c, request));
    if (known) return { answer: known, isReplayed: true };
    const checked = await check();
    const doWork: Work = (tx, after) => work(tx, after, checked);
    const answer = await ctx.transaction(async (tx, after) =>
      request ? claimAndWork(tx, after, request, doWork, ctx.now()) : stored(await doWork(tx, after)),
    );
    return { answer, isReplayed: false };
  });
}

/**
 * Answers a write that stores its own answer under the request's name, or finds it there: `write`. Copies that come
 * meanwhile wait for the first. @throws Problem as {@link answerOnce}.
 */
export async function answerKeyed(
  c: HonoContext<RouteEnv>,
  body: unknown,
  write: (request: KeyedRequest | undefined) => Promise<Answered>,
): Promise<Response> {
  const underWay = c.get('underWay');
  const key = c.req.header('idempotency-key');
  if (key === undefined) return respond(c, await write(undefined));

  const request = { userId: principalOf(c).userId, key, fingerprint: fingerprintOf(c, body) };
  const name = nameOf(request);
  const latest = performance.now() + patienceMs;
  for (;;) {
    const leftMs = latest - performance.now();
    if (leftMs <= 0) throw inUse();
    const other = underWay.get(name);
    if (other) {
      if (other.fingerprint !== request.fingerprint) throw reused();
      await within(leftMs, 'the first request', other.done).catch(refuseLate);
      continue;
    }
    const first = write(request);
    const done = first.catch(() => undefined).finally(() => underWay.delete(name));
    underWay.set(name, { fingerprint: request.fingerprint, done });
    try {
      return respond(c, await first);
    } catch (error) {
      if (!(error instanceof KeyInUse)) throw error;
      await sleep(lookAgainMs);
    }
  }
}

/**
 * What a request is compared by whose route takes no body: what has come as one all the same, where that says anything. Without a
 * key nobody looks at it. @throws Problem too_large
 */
export async function strayBody(c: HonoContext<RouteEnv>): Promise<unknown> {
  if (c.req.header('idempotency-key') === undefined) return null;
  const text = await unreadBody(c);
  // Many clients send an empty object where they have nothing to say, and so does the page: that is the same as no body.
  return text === null || /^(?:\{\s*\})?$/.test(text.trim()) ? null : text;
}

/** An answer as it is stored. */
export function stored({ status, body, location }: Answer): StoredAnswer {
  return { status, text: JSON.stringify(body), location: location ?? null };
}

async function claimAndWork(
  tx: EntityManager,
  after: AfterCommit,
  request: KeyedRequest,
  work: Work,
  createdAt: Date,
): Promise<StoredAnswer> {
  await claim(tx, request, createdAt);
  const answer = stored(await work(tx, after));
  const { status, text: body, location } = answer;
  const { userId, key } = request;
  await tx.nativeUpdate(IdempotencyKey, { userId, key }, { status, body, location });
  return answer;
}

// A copy in another process waits here for the first one's end: it then finds the row, or the way free.
async function claim(tx: EntityManager, request: KeyedRequest, createdAt: Date): Promise<void> {
  try {
    await tx.insert(IdempotencyKey, { ...request, status: 0, body: '', location: null, createdAt });
  } catch (error) {
    if (error instanceof UniqueConstraintViolationException) throw new KeyInUse('by another process', { cause: error });
    if (error instanceof LockWaitTimeoutException) throw inUse();
    throw error;
  }
}

/** What this request has been answered before; undefined: nothing yet. @throws Problem idempotency_key_reused */
export async function recall(
  c: HonoContext<RouteEnv>,
  { userId, key, fingerprint }: KeyedRequest,
): Promise<StoredAnswer | undefined> {
  const em = c.get('ctx').orm.em.fork();
  const row = await em.findOne(IdempotencyKey, { userId, key }, { disableIdentityMap: true });
  if (!row) return undefined;
  if (row.fingerprint !== fingerprint) throw reused();
  return { status: row.status, text: row.body, location: row.location ?? null };
}

function fingerprintOf(c: HonoContext<RouteEnv>, body: unknown): string {
  const path = c.req.path.replace(/\/+$/, '');
  return hash('sha256', JSON.stringify([c.req.method, path, body]));
}

function respond(c: HonoContext<RouteEnv>, { answer: { status, text, location }, isReplayed }: Answered): Response {
  const headers = {
    'content-type': 'application/json',
    ...(location === null ? {} : { location: publicUrlOf(c.get('ctx').config, location) }),
    ...(isReplayed ? { 'idempotent-replayed': 'true' } : {}),
  };
  const known = status === 201 || status === 202 ? status : 200;
  return c.body(text, known, headers);
}

function refuseLate(error: unknown): void {
  throw error instanceof TooLate ? inUse() : error;
}

function inUse(): Problem {
  return new Problem('idempotency_key_in_use', 'The first request with this key is still being worked on.', {
    headers: { 'retry-after': '1' },
  });
}
