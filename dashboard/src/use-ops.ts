import { useEffect, useState } from 'preact/hooks';
import { ask, Refused } from './ask-api.ts';
import type { Budget } from './budget.tsx';
import type { Watched } from './watchlist.tsx';

/** A queue as `GET /queues` shows it. */
export type Queue = Readonly<{
  name: string;
  summary: string;
  status: 'running' | 'paused' | 'limited' | 'unknown';
  limited_until: string | null;
  waiting: number | null;
  active: number | null;
  delayed: number | null;
  completed: number | null;
  failed: number | null;
  workers: number | null;
  oldest_waiting_seconds: number | null;
}>;

/** A job that gave up. */
export type DeadLetter = Readonly<{ id: string; kind: string; reason: string; attempts: number; died_at: string }>;

/** What operators look at. */
export type Ops = Readonly<{
  queues: readonly Queue[];
  outbox: Readonly<{ waiting: number | null; oldest_seconds: number | null }>;
  streams: readonly Readonly<{ name: string; length: number | null; lag_seconds: number | null }>[];
  letters: readonly DeadLetter[];
  /** Where market data is off, there is none. */
  budget: Budget | undefined;
  /** For administrators. */
  watched: readonly Watched[] | undefined;
}>;

type Answer = Pick<Ops, 'outbox' | 'streams'> & Readonly<{ data: readonly Queue[] }>;

const everyMs = 2_000;

/** Reads what operators look at, every two seconds as long as the page is seen. */
export function useOps(isAdmin: boolean): Readonly<{ ops: Ops | undefined; failure: string; read(): Promise<void> }> {
  const [ops, setOps] = useState<Ops>();
  const [failure, setFailure] = useState('');
  const read = async () => {
    try {
      const [{ data, outbox, streams }, letters, budget, watchlist] = await Promise.all([
        ask<Answer>('GET', '/queues'),
        ask<{ data: DeadLetter[] }>('GET', '/dead-letters?replayed=false&limit=20'),
        // Without it the other figures are as good.
        ask<Budget>('GET', '/market/budget').catch(() => undefined),
        isAdmin ? ask<{ data: Watched[] }>('GET', '/market/watchlist') : undefined,
      ]);
      setOps({ queues: data, outbox, streams, letters: letters.data, budget, watched: watchlist?.data });
      setFailure('');
    } catch (error) {
      setFailure(error instanceof Refused ? error.message : String(error));
    }
  };
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let isGone = false;
    const turn = async () => {
      if (!document.hidden) await read();
      if (!isGone) timer = setTimeout(() => void turn(), everyMs);
    };
    void turn();
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, []);
  return { ops, failure, read };
}
