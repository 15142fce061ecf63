import type { RedisKey } from './redis-keys.ts';

type Rest = Omit<RedisKey, 'key' | 'type' | 'owner' | 'lasts'>;

const rare = { isRare: true } as const;

/** What BullMQ keeps for each queue, the most specific first. */
export const bullmqKeys: readonly RedisKey[] = [
  key('meta', 'hash', 'always', { about: 'The queue itself, and whether it is paused.' }),
  key('id', 'string', 'always', { about: 'A counter.' }),
  key('pc', 'string', 'always', { about: 'A counter of jobs with a priority.', ...rare }),
  key('events', 'stream', 'about 10,000 entries', {
    about: 'What happens to jobs; the API waits for their ends here.',
  }),
  ...['wait', 'active', 'paused'].map((state) => jobsIn(state, 'list', 'its jobs')),
  ...['delayed', 'prioritized', 'waiting-children'].map((state) => jobsIn(state, 'zset', 'its jobs')),
  ...['completed', 'failed'].map((state) => jobsIn(state, 'zset', '1 day, the newest 5,000')),
  key('shares', 'zset', 'while jobs wait in places', {
    about: 'Tenants, by the round in which the next job of each has its place.',
    ...rare,
  }),
  key('alone', 'string', 'while jobs wait', { about: 'The tenant to whom all jobs without a place belong.', ...rare }),
  key('shares:turns', 'hash', 'while jobs wait in lanes', {
    about: 'How many calls have been made ahead of each lane since its last one.',
    ...rare,
  }),
  key('shares:LANE', 'zset', 'while jobs wait in places', { about: 'The same of a lane.', ...rare }),
  key('marker', 'zset', 'while jobs wait', { about: 'Wakes workers.', ...rare }),
  key('limiter', 'string', 'as long as it rests', { mostSeconds: 3_600, about: 'The queue rests.', ...rare }),
  key('stalled', 'set', 'seconds', { about: 'Jobs whose worker may be gone.', ...rare }),
  key('stalled-check', 'string', 'seconds', { mostSeconds: 10, about: 'Somebody has looked for those.', ...rare }),
  ...(['completed', 'failed'] as const).flatMap((state) => [
    key(`metrics:${state}`, 'hash', 'always', { about: `How many jobs have ${state}.`, ...rare }),
    key(`metrics:${state}:data`, 'list', 'an hour', { about: 'The same by the minute.', ...rare }),
  ]),
  key('repeat', 'zset', 'its schedules', { about: 'When each schedule runs next.' }),
  key('repeat:KEY', 'hash', 'its schedules; a run as any job', { about: 'A schedule, or a run of it.' }),
  key('de:TEXT', 'string', 'while the job has not ended', {
    about: 'The unfinished job that others of the same meaning join.',
    ...rare,
  }),
  key('JOB:lock', 'string', '5 s, renewed', { mostSeconds: 5, about: 'Which worker has the job.', ...rare }),
  key('JOB', 'hash', '1 day after its end, the newest 5,000', { about: 'A job: kind, payload, outcome.' }),
];

function jobsIn(state: string, type: RedisKey['type'], lasts: string): RedisKey {
  return key(state, type, lasts, { about: 'Ids of the jobs in that state.', ...rare });
}

function key(name: string, type: RedisKey['type'], lasts: string, rest: Rest): RedisKey {
  return { key: `bull:QUEUE:${name}`, type, owner: 'src/jobs/enqueue.ts', lasts, ...rest };
}
