import { useEffect, useState } from 'preact/hooks';
import type { Status } from '../../../src/ops/status.ts';
import { askQuickly } from './ask-api.ts';
import { onSeen } from './seen.ts';
import { leaveClock, setClock } from './server-clock.ts';
import { sayFair } from './weather.ts';

/** How the platform is; `away`: the server does not say so any more; undefined: it has not been asked yet. */
export type Known = Status | 'away' | undefined;

// A fault is to be seen within three seconds: the pause, and as long as the server may take.
const everyMs = 800;
const patienceMs = 1_800;

/** Asks the server again and again, as long as the page is seen, how what it stands on is. */
export function useStatus(): Known {
  const [known, setKnown] = useState<Known>();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let isGone = false;
    const look = async () => {
      const askedAtMs = Date.now();
      const status = await askQuickly<Status>('/status', patienceMs).catch(() => 'away' as const);
      setKnown(status);
      if (status === 'away') return leaveClock();
      setClock(status.at, askedAtMs);
      if (status.mysql === 'up' && status.redis === 'up') sayFair(askedAtMs);
    };
    const turn = async () => {
      clearTimeout(timer);
      if (!document.hidden) await look();
      if (!isGone) timer = setTimeout(() => void turn(), everyMs);
    };
    void turn();
    const stop = onSeen(() => void turn());
    return () => {
      isGone = true;
      clearTimeout(timer);
      stop();
    };
  }, []);
  return known;
}
