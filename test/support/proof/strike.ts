import type { Deployment } from './deployment.ts';

/** One fault as a plan has it: it is over when `inflict` resolves, and what it took down is up again. */
export type Strike = Readonly<{ fault: string; name: string; inflict(deployment: Deployment): Promise<unknown> }>;

/** What was struck, when, and how long after its end an order was over that was asked for since. */
export type Struck = Readonly<{ fault: string; name: string; beganMs: number; endedMs: number; wellAfterMs: number }>;

/** So many of something in a whole run; fewer where CHAOS_SHARE asks for a part of it, and one at least. */
export function scaled(count: number): number {
  return Math.max(1, Math.round(count * Number(process.env['CHAOS_SHARE'] ?? 1)));
}
