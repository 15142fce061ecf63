import { z } from 'zod';

const Ask = z.object({
  method: z.enum(['GET', 'POST']),
  path: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string().optional(),
  /** The share of requests with an Idempotency-Key of their own. */
  keyed: z.number(),
});

/** A request that is sent again and again. */
export type Ask = Readonly<z.output<typeof Ask>>;

/** What the process that makes the load is told. */
export const Plan = z.object({
  urls: z.array(z.string()),
  ask: Ask,
  /** Keep-alive connections over all addresses. */
  connections: z.number(),
  seconds: z.number(),
  /** Requests a second, at even distances, whatever the answers do; without it each connection asks again once answered. */
  perSecond: z.number().optional(),
  /** No more than so many. */
  most: z.number().optional(),
  /** Follow the stream that says which orders are paid, and measure until then. */
  events: z
    .object({
      host: z.string(),
      port: z.number(),
      db: z.number(),
      stream: z.string(),
      orderField: z.string(),
      type: z.string().optional(),
    })
    .optional(),
});
export type Plan = Readonly<z.output<typeof Plan>>;

const Spread = z.object({ p50: z.number(), p99: z.number(), most: z.number() });
/** Of many latencies, milliseconds. */
export type Spread = z.output<typeof Spread>;

/** What it reports when all is answered. Times are milliseconds since the epoch. */
export const Report = z.object({
  answers: z.record(z.string(), z.number()),
  /** Answers of 200 and 201. */
  good: z.number(),
  beganAt: z.number(),
  endedAt: z.number(),
  answerMs: Spread,
  /** From the request to the event on the stream, where that was asked. */
  paidMs: Spread.optional(),
  /** From the answer to the event. */
  acceptedToPaidMs: Spread.optional(),
});
export type Report = Readonly<z.output<typeof Report>>;

/** Of no latency at all, zeros. */
export function spread(latenciesMs: readonly number[]): Spread {
  const sorted = Float64Array.from(latenciesMs).toSorted();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), most: at(1) };
}

/** What the process that follows a stream is told. */
export const FollowPlan = z.object({
  url: z.string(),
  path: z.string(),
  headers: z.record(z.string(), z.string()),
  clients: z.number(),
  /** How many each should get. */
  events: z.number(),
  /** Without any event for so long, none will come any more. */
  silenceMs: z.number(),
});
export type FollowPlan = Readonly<z.output<typeof FollowPlan>>;

/** What came of it: the share of all that should have come, and how late it was. */
export const Followed = z.object({ delivered: z.number(), lateMs: Spread });
export type Followed = Readonly<z.output<typeof Followed>>;
