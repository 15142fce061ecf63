import type { MikroORM } from '@mikro-orm/mysql';
import { shedLoad } from '../../mysql/shed-load.ts';
import type { Check } from '../callers/route-env.ts';
import type { Route } from './define-route.ts';

/**
 * Opens the way in: it refuses what needs MySQL as long as somebody has waited for a connection for more than three seconds.
 * What has been let in before goes on, unless nothing is heard of the server: then whoever waits for a connection to it is refused too.
 * Nothing else is looked at: no lag of the relay and no lack of Redis refuses anyone.
 */
export function openAdmission({ orm }: Readonly<{ orm: MikroORM }>): Check {
  return () => shedLoad(orm);
}

/** Whether a route needs MySQL to answer at all: what is read from copies, or from the code, does not. */
export function needsDatabase({ who, route: { method, path, tags } }: Pick<Route, 'who' | 'route'>): boolean {
  const isFromCopies = method === 'get' && tags.some((tag) => ['about', 'market', 'streams'].includes(tag));
  return who !== 'public' || (!isFromCopies && path !== '/auth/ping' && path !== '/jobs/kinds');
}
