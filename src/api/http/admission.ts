import type { EventEmitter } from 'node:events';
import type { MikroORM } from '@mikro-orm/mysql';
import { z } from 'zod';
import { overloaded } from '../../errors.ts';
import type { Check } from '../callers/route-env.ts';
import type { Route } from './define-route.ts';

// mysql2's pool says in this field alone, for years now, how many wait for a connection.
const Waiting = z
  .object({ _connectionQueue: z.object({ length: z.int() }) })
  .transform(({ _connectionQueue: queue }) => queue.length);
const longestWaitMs = 3_000;
const mostRemembered = 10_000;

/**
 * Opens the way in: it refuses what needs MySQL as long as somebody has waited for a connection for more than three seconds.
 * What has been let in before goes on. Nothing else is looked at: no lag of the relay and no lack of Redis refuses anyone.
 */
export function openAdmission({ orm }: Readonly<{ orm: MikroORM }>): Check {
  const longestMs = watchPool(orm);
  return () => {
    if (longestMs() > longestWaitMs) throw overloaded();
  };
}

/** Whether a route needs MySQL to answer at all: what is read from copies, or from the code, does not. */
export function needsDatabase({ who, route: { method, path, tags } }: Pick<Route, 'who' | 'route'>): boolean {
  const isFromCopies = method === 'get' && tags.some((tag) => ['about', 'market', 'streams'].includes(tag));
  return who !== 'public' || (!isFromCopies && path !== '/auth/ping' && path !== '/jobs/kinds');
}

/** How long the first in the queue for a connection has been waiting, ms. */
function watchPool(orm: MikroORM): () => number {
  let pool: EventEmitter | undefined;
  const since: number[] = [];
  const watch = async () => {
    const client = await orm.em.getDriver().getConnection().getNativeClient();
    client.on('enqueue', () => {
      since.push(performance.now());
      if (since.length > mostRemembered) since.shift();
    });
    pool = client;
  };
  // Whoever needs the database next will say why it cannot be opened.
  watch().catch(() => {});
  return () => {
    if (since.length === 0) return 0;
    const waiting = Waiting.safeParse(pool).data ?? 0;
    // First come, first served: those who still wait are the last who came.
    since.splice(0, since.length - waiting);
    return since[0] === undefined ? 0 : performance.now() - since[0];
  };
}
