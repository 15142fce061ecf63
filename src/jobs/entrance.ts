import type { JobsOptions, Queue } from 'bullmq';
import { within } from '../process/deadline.ts';
import { forgetOldest } from '../process/forget-oldest.ts';
import type { LaneShares } from './lane-shares.ts';
import { isForPeople, type Lane, priorityOf } from './queues.ts';
import type { QueueShares } from './queue-shares.ts';
import type { Added, Tenant } from './shares.ts';

/** A command's longest wait, ms. It may still be carried out later, so every id is minted before. */
export const addDeadlineMs = 1_500;
const mostPlaces = 1_000;

/** The places of those queues that tenants share, by the queue's name. */
export type SharedPlaces = Readonly<{
  /** Of queues that are shared as a whole. */
  shares: ReadonlyMap<string, QueueShares>;
  /** Of queues of which each lane is shared. */
  laneShares: ReadonlyMap<string, LaneShares>;
}>;

/** A job that has been asked for, by whom and in which lane; a new one has just been added for it. */
export type Asked = Readonly<{ id: string; lane: Lane; tenant: Tenant | undefined; isNew: boolean }>;

/** Into which of a queue's shards jobs come. */
export type Door = Readonly<{ queue: Queue; shard: number }>;

/** How jobs come into their queues, and to their places there. */
export type Entrance = Readonly<{
  /** Adds jobs with the options of those who enter, and has their places given out where that is due. */
  enter<T>(door: Door, added: Added, add: (entry: JobsOptions) => Promise<T>): Promise<T>;
  /** Brings a job of a lane to its place: a new one where tenants share the lane, and one that is joined by somebody more in a hurry. */
  findPlace(queue: Queue, asked: Asked): Promise<void>;
}>;

/** Opens the entrance to all queues. */
export function openEntrance({ shares, laneShares }: SharedPlaces): Entrance {
  // The best lane that each of the last jobs is known to wait in for a tenant; none ever goes back.
  const places = new Map<string, number>();
  return {
    async enter({ queue, shard }, what, add) {
      const line = shares.get(queue.name)?.of(shard);
      const priority = line?.entryOf(what.jobs);
      const added = await within(addDeadlineMs, 'Redis', add(priority === undefined ? {} : { priority }));
      // They are there: whoever gives out places next gives them theirs.
      if (line && priority) await within(addDeadlineMs, 'Redis', line.place(what)).catch(() => {});
      return added;
    },
    async findPlace(queue, { id, lane, tenant, isNew }) {
      // There, nobody comes before others by joining a job.
      if (shares.has(queue.name)) return;
      const priority = priorityOf(lane);
      const ofLanes = isForPeople(lane) ? laneShares.get(queue.name) : undefined;
      const isShared = ofLanes !== undefined && tenant !== undefined;
      // A read of an old copy joins the same job over and over: each is looked at once a tenant.
      const name = isShared ? `${id} ${tenant}` : id;
      const place = places.get(name) ?? (isNew && !isShared ? priority : Number.POSITIVE_INFINITY);
      if (place > priority) {
        const moving = isShared ? ofLanes.place({ id, lane, tenant, isNew }) : bringForward(queue, id, priority);
        await within(addDeadlineMs, 'Redis', moving);
      }
      forgetOldest(places.set(name, Math.min(place, priority)), mostPlaces);
    },
  };
}

/** Whoever joins a job is not kept waiting by what it waits for. One without a priority is in front already. */
async function bringForward(queue: Queue, id: string, priority: number): Promise<void> {
  const job = await queue.getJob(id);
  if (job && job.priority > priority) await job.changePriority({ priority });
}
