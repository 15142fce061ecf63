import type { MikroORM } from '@mikro-orm/mysql';
import { isSchemaCurrent, ping } from '../database.ts';

/** Whether the API may be given requests. Redis away does not unready it: orders go on without. */
export type ApiReadiness = Readonly<{
  check(): Promise<{ isReady: boolean; reason?: string }>;
  /** From now on it is not ready: a shutdown has begun. */
  drain(): void;
}>;

/** Opens the API's readiness. */
export function readinessOf({ orm }: Readonly<{ orm: MikroORM }>): ApiReadiness {
  let isDraining = false;
  return {
    drain() {
      isDraining = true;
    },
    async check() {
      if (isDraining) return { isReady: false, reason: 'draining' };
      try {
        await ping(orm);
        return (await isSchemaCurrent(orm)) ? { isReady: true } : { isReady: false, reason: 'schema_behind' };
      } catch {
        return { isReady: false, reason: 'mysql_away' };
      }
    },
  };
}
