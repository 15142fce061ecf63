import type { Budget } from './budget.tsx';
import type { Parts } from './parts.ts';
import { type Reading, useReading } from '../api/use-reading.ts';

/** Somebody who waits in a queue that tenants share. */
export type Share = Readonly<{
  tenant: string;
  lane: string | null;
  weight: number;
  waiting: number;
  most_before: number;
}>;

/** Somebody who has as many jobs under way as may be, and more that are held until one of them ends. */
export type Held = Readonly<{ tenant: string; under_way: number; held: number }>;

/** A queue as `GET /queues` shows it. */
export type Queue = Readonly<{
  name: string;
  summary: string;
  status: 'running' | 'paused' | 'limited' | 'unknown';
  limited_until: string | null;
  limited_because: string | null;
  waiting: number | null;
  active: number | null;
  delayed: number | null;
  completed: number | null;
  failed: number | null;
  workers: number | null;
  oldest_waiting_seconds: number | null;
  shares: Readonly<{ tenants: number; largest: readonly Share[] }> | null;
  at_once: Readonly<{ most: number; held: readonly Held[] }> | null;
}>;

/** A job that gave up. */
export type DeadLetter = Readonly<{
  id: string;
  kind: string;
  job_id: string;
  payload: unknown;
  reason: string;
  attempts: number;
  died_at: string;
}>;

/** All queues, and what is on the way. */
export type Queues = Readonly<{
  data: readonly Queue[];
  outbox: Readonly<{ waiting: number | null; oldest_seconds: number | null }>;
  streams: readonly Readonly<{ name: string; length: number | null; lag_seconds: number | null }>[];
}>;

/** What operators look at, each part read by itself: one that cannot be read does not hide the others. */
export type Ops = Readonly<{
  queues: Reading<Queues>;
  letters: Reading<Readonly<{ data: readonly DeadLetter[] }>>;
  budget: Reading<Budget>;
  parts: Reading<Parts>;
}>;

/** Reads it all again and again. */
export function useOps(): Ops {
  return {
    queues: useReading('/queues'),
    letters: useReading('/dead-letters?replayed=false&limit=20'),
    budget: useReading('/market/budget'),
    parts: useReading('/ops/parts'),
  };
}
