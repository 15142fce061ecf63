import { z } from 'zod';

const LedgerRow = z.object({
  type: z.enum(['charge', 'refund']),
  payment_intent: z.string(),
  order_id: z.string().nullable(),
  amount: z.number(),
  currency: z.string(),
  idempotency_key: z.string().nullable(),
  at: z.string(),
});

const Made = z.object({ id: z.string() });

const Arrival = z.object({
  at_ms: z.number(),
  method: z.string(),
  path: z.string(),
  /** The API key of the caller; the Stripe idempotency key stands beside it. */
  key: z.string().nullable(),
  idempotency_key: z.string().nullable(),
  /** Null while unanswered, and for ever when the socket was dropped. */
  status: z.number().nullable(),
});

const Mail = z.strictObject({
  id: z.int(),
  at_ms: z.number(),
  from: z.string(),
  to: z.array(z.string()),
  subject: z.string(),
  text: z.string(),
});

const LoggedTrade = z.object({
  connection: z.int(),
  s: z.string(),
  p: z.number(),
  v: z.number(),
  t: z.int(),
  sent: z.boolean(),
});
/** A trade that somebody was subscribed to; `sent` is false when a fault kept it back. */
export type LoggedTrade = z.infer<typeof LoggedTrade>;

const LoggedConnection = z.object({
  id: z.int(),
  key: z.string(),
  opened_at_ms: z.number(),
  closed_at_ms: z.number().nullable(),
  why: z.string().nullable(),
});

/** The upstreams that have faults and arrivals. */
export type SandboxTarget = 'finnhub' | 'stripe' | 'products' | 'rates';

/** A fault as `POST /faults` takes it; `rate` 1 and 60 seconds by default, `times` ends it after that many requests. */
export interface SandboxFault {
  readonly target: SandboxTarget;
  readonly kind: string;
  readonly rate?: number;
  readonly seconds?: number;
  readonly times?: number;
  readonly ms?: number;
  readonly retry_after?: number;
  readonly stored?: boolean;
}

/** Which requests to hold before or after they are executed; `path` matches anywhere in the path and query. */
export interface SandboxHold {
  readonly target: SandboxTarget;
  readonly phase: 'before' | 'after';
  readonly path?: string;
}

/** What a test can ask of the sandbox's control URL. */
export interface SandboxControl {
  fault(fault: SandboxFault): Promise<void>;
  clearFaults(): Promise<void>;
  /** Every charge and refund ever taken, oldest first. */
  ledger(): Promise<z.infer<typeof LedgerRow>[]>;
  /** Every request that reached this upstream, oldest first. */
  arrivals(target: SandboxTarget): Promise<z.infer<typeof Arrival>[]>;
  /** Every mail that was handed over, oldest first. */
  mails(): Promise<z.infer<typeof Mail>[]>;
  /** Every trade that somebody was subscribed to at the socket of trades, oldest first. */
  trades(): Promise<LoggedTrade[]>;
  /** Every connection to that socket, oldest first. */
  sockets(): Promise<z.infer<typeof LoggedConnection>[]>;
  /** Cuts the connections to it, and says how many there were. */
  cutSockets(): Promise<number>;
  hold(hold: SandboxHold): Promise<void>;
  /** Lets go what is held, and holds no more. */
  release(): Promise<void>;
  held(): Promise<number>;
  /** Gives money back as from the gateway's dashboard, and returns the refund's id there. */
  refund(given: Readonly<{ payment_intent: string; amount?: number }>): Promise<string>;
  moveRefund(id: string, status: 'pending' | 'requires_action' | 'succeeded' | 'failed' | 'canceled'): Promise<void>;
  /** The buyer's bank disputes a charge; returns the dispute's id. */
  dispute(paymentIntent: string): Promise<string>;
  closeDispute(id: string, outcome: 'won' | 'lost'): Promise<void>;
  /** Completes the buyer's authentication of a payment intent. */
  authenticate(paymentIntent: string, outcome: 'succeed' | 'fail'): Promise<void>;
}

/** Speaks to the control URL of a running sandbox. */
export function sandboxControl(url: string): SandboxControl {
  const call = async (method: string, path: string, body?: object): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' };
    const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
    const answer = await fetch(url + path, { ...init, signal: AbortSignal.timeout(10_000) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  return {
    fault: async (fault) => void (await call('POST', '/faults', fault)),
    clearFaults: async () => void (await call('DELETE', '/faults')),
    ledger: async () => z.array(LedgerRow).parse(await call('GET', '/ledger')),
    arrivals: async (target) => z.array(Arrival).parse(await call('GET', `/arrivals?target=${target}`)),
    mails: async () => z.array(Mail).parse(await call('GET', '/mails')),
    trades: async () => z.array(LoggedTrade).parse(await call('GET', '/trades')),
    sockets: async () => z.array(LoggedConnection).parse(await call('GET', '/sockets')),
    cutSockets: async () => z.object({ cut: z.int() }).parse(await call('POST', '/sockets/cut', {})).cut,
    hold: async (hold) => void (await call('POST', '/hold', hold)),
    release: async () => void (await call('DELETE', '/hold')),
    held: async () => z.object({ held: z.number() }).parse(await call('GET', '/held')).held,
    refund: async (given) => Made.parse(await call('POST', '/refunds', given)).id,
    moveRefund: async (id, status) => void (await call('POST', `/refunds/${id}/move`, { status })),
    dispute: async (payment_intent) => Made.parse(await call('POST', '/disputes', { payment_intent })).id,
    closeDispute: async (id, outcome) => void (await call('POST', `/disputes/${id}/close`, { outcome })),
    authenticate: async (id, outcome) => void (await call('POST', `/payment_intents/${id}/authenticate`, { outcome })),
  };
}
