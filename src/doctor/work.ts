import { z } from 'zod';
import type { Context } from '../context.ts';
import { OutboxMessage } from '../entities/outbox.entity.ts';
import { isWorked } from '../ops/drain.ts';
import { when, type Finding } from '../process/finding.ts';
import { clockMs } from '../redis/clock.ts';

const mostSkewMs = 1_000;
const clockLooks = 5;
// What is on the way for so long tells another clock to within half of it.
const shortWayMs = 100;
const stuckSeconds = 60;
const Seconds = z.tuple([z.object({ ms: z.coerce.number() })]);
const Count = z.tuple([z.object({ count: z.coerce.number(), seconds: z.coerce.number().nullable() })]);

/** Looks at the schema, and at what has not left MySQL: who should have sent it, and did not. */
export async function checkStored(ctx: Pick<Context, 'orm' | 'now'>): Promise<readonly Finding[]> {
  const pending = await ctx.orm.migrator.getPending();
  if (pending.length > 0)
    return when(
      true,
      'schema_behind',
      `The schema lacks ${pending.map(({ name }) => name).join(', ')}; no process is ready before.`,
      'npm run migrate',
    );
  const em = ctx.orm.em.fork();
  const { tableName } = em.getMetadata(OutboxMessage);
  const [{ count, seconds }] = Count.parse(
    await em.execute(
      `select count(*) as count, timestampdiff(second, min(lease_until), utc_timestamp(3)) as seconds
       from ${tableName} where lease_until < utc_timestamp(3) - interval ${stuckSeconds} second`,
    ),
  );
  return when(
    count > 0,
    'stuck_lease',
    `${count} committed jobs have not been sent, the lease of the oldest is over since ${seconds} s: nobody sweeps.`,
    'Start a worker, or look into the log of those that run: "outbox".',
  );
}

/** Compares the clocks of this machine, MySQL and Redis. */
export async function checkClocks({ orm, redis, now }: Pick<Context, 'orm' | 'redis' | 'now'>) {
  const asked: readonly (readonly [string, () => Promise<number>])[] = [
    [
      'MySQL',
      async () => {
        const sql = `select timestampdiff(microsecond, '1970-01-01', utc_timestamp(6)) / 1000 as ms`;
        return Seconds.parse(await orm.em.fork().execute(sql))[0].ms;
      },
    ],
    ['Redis', () => clockMs(redis)],
  ];
  const found: Finding[] = [];
  for (const [name, read] of asked) {
    await read();
    const skewMs = await skewOf(read, now);
    const fault = `The clock of ${name} is ${Math.abs(skewMs) / 1_000} s ${skewMs > 0 ? 'ahead of' : 'behind'} this machine's.`;
    found.push(...when(Math.abs(skewMs) > mostSkewMs, 'clock_skew', fault, 'Keep both by NTP (chrony).'));
  }
  return found;
}

/** How far another clock is ahead, by half of the way there and back: of several looks, by the one that was back the soonest. */
async function skewOf(read: () => Promise<number>, now: () => Date): Promise<number> {
  let [skewMs, shortestMs] = [0, Number.POSITIVE_INFINITY];
  for (let look = 0; look < clockLooks && shortestMs > shortWayMs; look += 1) {
    const beganMs = now().getTime();
    const theirsMs = await read();
    const tookMs = now().getTime() - beganMs;
    if (tookMs < shortestMs) [skewMs, shortestMs] = [Math.round(theirsMs - beganMs - tookMs / 2), tookMs];
  }
  return skewMs;
}

/** A false alarm costs whoever is called more than two seconds do. */
const looks = 10;

/** Looks for somebody at every queue, and for a lock that nobody will let go. */
export async function checkWorkers({ jobs, redis, config }: Pick<Context, 'jobs' | 'redis' | 'config'>) {
  const known = [...jobs.queues.values()];
  const isManned = await Promise.all(known.map((queue) => isWorked(queue, config, looks)));
  const unmanned = known.filter((_queue, place) => !isManned[place]).map(({ name }) => name);
  return [
    ...when(
      unmanned.length > 0,
      'no_worker',
      `Nobody works ${unmanned.join(', ')}: what is asked for there waits.`,
      `node src/workers/main.ts ${unmanned.join(' ')}`,
    ),
    ...when(
      (await redis.pttl('orderflow:scheduling')) === -1,
      'stuck_lock',
      'No process can set up what runs on schedule: the lock for it has no end.',
      'DEL orderflow:scheduling',
    ),
  ];
}
