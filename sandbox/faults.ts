import { z } from 'zod';
import { type Target, targets } from './answer.ts';
import { chance, seedOf } from './chance.ts';

const anywhere = ['429', '5xx', 'slow', 'hang', 'malformed', 'html', 'lost_answer'] as const;

/** The kinds each target knows. */
export const faultKinds: Readonly<Record<Target, readonly string[]>> = {
  finnhub: [
    ...anywhere,
    'zeros',
    'socket_refuse',
    'socket_drop',
    'socket_silence',
    'socket_quiet',
    'socket_duplicate',
    'socket_disorder',
    'socket_odd',
  ],
  stripe: [
    ...anywhere,
    'error_after_charge',
    'decline',
    'refund_pending',
    'refund_requires_action',
    'refund_failed',
    'webhook_duplicate',
    'webhook_delay',
    'webhook_reorder',
    'webhook_lost',
  ],
  products: anywhere,
  rates: anywhere,
};

/** A fault as one asks for it. */
export const FaultRequest = z
  .strictObject({
    target: z.enum(targets),
    kind: z.string(),
    /** The share of requests it strikes. */
    rate: z.number().min(0).max(1).default(1),
    seconds: z.number().positive().max(86_400).default(60),
    /** Ends it after this many strikes, if that comes first. */
    times: z.int().positive().optional(),
    /** How long `slow` and `webhook_delay` wait. */
    ms: z.int().min(0).max(600_000).default(3000),
    /** The `Retry-After` of a `429`, in seconds; the real provider sends none. */
    retry_after: z.number().min(0).optional(),
    /** Whether the 500 of `error_after_charge` is what its idempotency key answers from then on. */
    stored: z.boolean().default(false),
  })
  .superRefine(({ target, kind }, context) => {
    const kinds = faultKinds[target];
    if (kinds.includes(kind)) return;
    context.addIssue({ code: 'custom', path: ['kind'], message: `must be one of ${kinds.join(', ')} for ${target}` });
  });

/** A fault while it is on. */
export type Fault = z.infer<typeof FaultRequest>;

/** The switchboard: faults take effect at once and end by themselves. */
export interface Faults {
  set(fault: Fault): void;
  clear(target?: string, kind?: string): void;
  active(): readonly (Fault & { readonly seconds_left: number })[];
  /** Whether this fault strikes now; each call is one throw of the dice. */
  strikes(target: Target, kind: string): Fault | undefined;
}

/** Opens a switchboard with nothing on. With one seed, the same requests in the same order are struck. */
export function createFaults(seed: number, nowMs: () => number = Date.now): Faults {
  const faults = new Map<string, { fault: Fault; endsAtMs: number; left: number; throws: number }>();
  const sweep = () => {
    for (const [name, { endsAtMs, left }] of faults) if (endsAtMs <= nowMs() || left <= 0) faults.delete(name);
  };
  return {
    set(fault) {
      const endsAtMs = nowMs() + fault.seconds * 1000;
      const left = fault.times ?? Number.POSITIVE_INFINITY;
      faults.set(`${fault.target} ${fault.kind}`, { fault, endsAtMs, left, throws: 0 });
    },
    clear(target, kind) {
      for (const [name, { fault }] of faults)
        if ((target ?? fault.target) === fault.target && (kind ?? fault.kind) === fault.kind) faults.delete(name);
    },
    active() {
      sweep();
      return [...faults.values()].map(({ fault, endsAtMs }) => ({
        ...fault,
        seconds_left: Math.ceil((endsAtMs - nowMs()) / 1000),
      }));
    },
    strikes(target, kind) {
      sweep();
      const name = `${target} ${kind}`;
      const found = faults.get(name);
      if (!found) return undefined;
      found.throws += 1;
      if (chance(seed, seedOf(name), found.throws) >= found.fault.rate) return undefined;
      found.left -= 1;
      return found.fault;
    },
  };
}
