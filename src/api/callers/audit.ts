import { randomUUIDv7 } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/mysql';
import type { Context as HonoContext } from 'hono';
import { AuditEntry } from '../../entities/ops.entity.ts';
import { Problem } from '../../errors.ts';
import type { Around, Check, RouteEnv } from './route-env.ts';
import { auditedRefusals, refusedLogin } from '../../ops/audited-refusals.ts';
import { problemCodes, type ProblemCode } from '../../problem-codes.ts';
import { RateLimiterMemory } from 'rate-limiter-flexible';

/** What a request asks for, as the audit names it; `status` is that of its success. */
export type Act = Readonly<{ action: string; subject: string | null; status: number; queue?: string | null }>;

/** Fields of what is changed, by their names in the API. */
export type Facts = Readonly<Record<string, unknown>>;

/** What has been changed, where the request does not say it: the subject, who, and the fields before and after. */
export type Made = Readonly<{
  subject?: string | number;
  actor?: number;
  before?: Facts;
  after?: Facts;
  /** The answer, where a success can have several. */
  status?: number | null;
  code?: string;
}>;

type NamedRoute = Readonly<{ operationId: string; responses: object }>;

/** Names what a route does, before anybody is refused there. */
export function nameAct({ operationId, responses }: NamedRoute): Check {
  const status = Number(Object.keys(responses).find((code) => code.startsWith('2')) ?? 200);
  return (c) =>
    c.set('act', { action: operationId, subject: c.req.param('id') ?? c.req.param('symbol') ?? null, status });
}

/**
 * Writes down what a request changes, in the transaction that changes it: there is neither without the other. Secrets
 * and personal data are left out, whoever hands them in; who is deleted can then be forgotten.
 */
export async function audit(c: HonoContext<RouteEnv>, tx: EntityManager, made: Made = {}): Promise<void> {
  const { act, ctx, requestId, caller, limits } = c.var;
  if (!act) throw new Error(`${c.req.path} is audited and has no name`);
  const subject = made.subject === undefined ? act.subject : String(made.subject);
  await tx.insert(AuditEntry, {
    id: randomUUIDv7(),
    userId: made.actor ?? caller?.userId ?? null,
    keyId: caller?.key?.id ?? null,
    address: limits.senderOf(c).slice(0, 64),
    action: act.action.slice(0, 191),
    subject: subject?.slice(0, 191) ?? null,
    queue: act.queue ?? null,
    jobId: null,
    before: textOf(made.before),
    after: textOf(made.after),
    requestId,
    at: ctx.now(),
    status: made.status === undefined ? act.status : made.status,
    code: made.code ?? null,
  });
}

/**
 * Makes a change outside MySQL, and writes it down before and after, each time with how its subject then stands. That is
 * what `look` tells, which must never throw. What cannot be written down before is not made.
 */
export async function auditAround(
  c: HonoContext<RouteEnv>,
  make: () => Promise<number>,
  look: () => Promise<Facts | undefined>,
): Promise<void> {
  const { ctx, requestId } = c.var;
  const before = await look();
  await ctx.transaction((tx) => audit(c, tx, { ...stood('before', before), status: null }));
  const noteEnd = async (end: Pick<Made, 'status' | 'code'>) => {
    const made = { ...stood('before', before), ...stood('after', await look()), ...end };
    await ctx
      .transaction((tx) => audit(c, tx, made))
      .catch((err: unknown) =>
        ctx.log.warn({ err, request_id: requestId, ...end }, 'audit: the outcome stands here alone'),
      );
  };
  try {
    await noteEnd({ status: await make() });
  } catch (error) {
    if (error instanceof Problem) await noteEnd({ status: problemCodes[error.code].status, code: error.code });
    throw error;
  }
}

function stood(when: 'before' | 'after', facts: Facts | undefined): Pick<Made, 'before' | 'after'> {
  return facts === undefined ? {} : { [when]: facts };
}

/** The fields in which two views of one thing differ. */
export function differing(before: object, after: object): Pick<Made, 'before' | 'after'> {
  const was = new Map<string, unknown>(Object.entries(before));
  const changed = Object.entries(after).filter(([name, is]) => JSON.stringify(was.get(name)) !== JSON.stringify(is));
  return {
    before: Object.fromEntries(changed.map(([name]) => [name, was.get(name)])),
    after: Object.fromEntries(changed),
  };
}

const mostText = 500;
const hidden = new Set(['email', 'name', 'password', 'token', 'client_secret', 'failure_detail']);

function textOf(facts: Facts | undefined): string | null {
  if (facts === undefined) return null;
  return JSON.stringify(facts, (name, value: unknown) => {
    if (hidden.has(name)) return value === null ? null : '…';
    return typeof value === 'string' && value.length > mostText ? `${value.slice(0, mostText)}…` : value;
  });
}

// Nobody fills a table by being refused: what somebody tries more often than this in a minute is known by then.
const mostAMinute = 60;

/** Writes down who was refused what. The answer is the same when that cannot be written. */
export function auditRefusals(): Around {
  const written = new RateLimiterMemory({ points: mostAMinute, duration: 60 });
  return async (c, next) => {
    await next();
    const { error } = c;
    if (!error) return;
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
      .catch((cause: unknown) =>
        ctx.log.warn({ err: cause, request_id: c.get('requestId') }, 'audit: a refusal is lost'),
      );
  };
}

/** The refusal in a problem: whoever may not know that something is there is answered otherwise, with the refusal as the cause. */
function refusalOf(error: unknown, action: string | undefined): ProblemCode | undefined {
  if (!(error instanceof Problem)) return undefined;
  const isRefusedLogin = error.code === refusedLogin.code && action === refusedLogin.action;
  const isRefusal = auditedRefusals.includes(error.code) || isRefusedLogin;
  return isRefusal ? error.code : refusalOf(error.cause, action);
}
