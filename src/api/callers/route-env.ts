import type { Context as HonoContext } from 'hono';
import type { Context } from '../../context.ts';
import type { JobAnswers } from '../../jobs/answers.ts';
import type { MarketReads } from '../../market/read-market.ts';
import type { Accepted, Wish } from '../../orders/accept-orders.ts';
import type { Batch } from '../../outbox/batch.ts';
import type { ReadStatus } from '../../ops/status.ts';
import type { Passwords } from '../../accounts/passwords.ts';
import type { ApiReadiness } from '../../mysql/database.ts';
import type { Act } from './audit.ts';
import type { LoginAttempts } from './failed-logins.ts';
import type { Limits } from './limits.ts';
import type { Logins } from './logins.ts';
import type { TickFollowers } from './tick-followers.ts';
import type { Principal } from './principal.ts';

/** What an API process opens besides its context: whether it may be given requests, and the ends of jobs. */
export type ApiParts = Readonly<{
  readiness: ApiReadiness;
  answers: JobAnswers;
  /** How long counting waits for Redis; 250 ms unless it is named. */
  countingDeadlineMs?: number | undefined;
  /** Copies in front of the routes, where nobody is counted. */
  front?: Readonly<{ keep: Around }> | undefined;
}>;

/** What every handler finds in `c.var`. */
export type RouteEnv = {
  Variables: {
    ctx: Context;
    readiness: ApiReadiness;
    /** The ends of jobs, for those who wait for one. */
    answers: JobAnswers;
    reads: MarketReads;
    acceptOrder: Batch<Wish, Accepted>;
    readStatus: ReadStatus;
    /** Requests with an Idempotency-Key that are being worked on here: copies wait instead of holding a connection each. */
    underWay: Map<string, Readonly<{ fingerprint: string; done: Promise<unknown> }>>;
    logins: Logins;
    limits: Limits;
    /** Who looks at which symbols, and follows their ticks. */
    tickFollowers: TickFollowers;
    passwords: Passwords;
    /** The attempts of an address at an account. */
    attempts(account: string, address: string): LoginAttempts;
    /** How long the request was held in front of the routes, where it was, ms: the time counts for what it waits for behind them. */
    heldMs: number | undefined;
    requestId: string;
    /** Whether people come here in a browser: what is not there is told them on a page. */
    isForPeople: boolean | undefined;
    /** What the request asks for, as the audit names it. */
    act: Act | undefined;
    /** Who calls, on guarded routes. */
    principal: Principal | undefined;
    /** Who calls, on any route, as far as it is known. */
    caller: Principal | undefined;
  };
};

/** To be called when a request has been answered, or refused. */
export type End = () => void;

/** Lets a request pass, or throws what it is refused with. What it returns is called at the request's end. */
export type Check = (c: HonoContext<RouteEnv>) => void | End | Promise<void | End>;

/** Looks at a request before what comes after it, or at its answer then. */
export type Around = (c: HonoContext<RouteEnv>, next: () => Promise<void>) => Promise<void>;
