import type { MikroORM } from '@mikro-orm/mysql';
import { overloaded } from '../errors.ts';
import { longestWaitMs } from './driver.ts';

const mostWaitMs = 3_000;

/**
 * Refuses who would ask these servers next, as long as somebody has waited for a connection to them for more than three seconds.
 * @throws Problem overloaded
 */
export function shedLoad(orm: MikroORM): void {
  if (longestWaitMs(orm) > mostWaitMs) throw overloaded();
}
