import type { Redis } from '../redis/client.ts';
import { loadScript } from '../redis/scripts.ts';
import { isForPeople, type Lane, lanes, priorityOf } from './queues.ts';
import { behind, readShares, type Standing, type Tenant, type Weights } from './shares.ts';

/** A job that a tenant wants in a lane; a new one has just been added for it. */
export type Wanted = Readonly<{ id: string; lane: Lane; tenant: Tenant; isNew: boolean }>;

/**
 * The places in those lanes of a queue in which people wait: within a lane, tenants share. As few wait there as may be admitted, so
 * each job is given its place by itself, and whoever joins one brings it forward to a place of their own.
 */
export type LaneShares = Readonly<{
  /** Gives the job its tenant's place, unless it stands there or before already. */
  place(wanted: Wanted): Promise<void>;
  /** Brings a job that has begun, and waits again, behind those that did and were asked for before it: BullMQ has put it in front. */
  comeBack(id: string): Promise<void>;
  /** Notes a call that is made for a lane: those behind have waited for one more, and may have their turn. */
  noteCall(lane: Lane): Promise<void>;
  /** Notes that a job has ended without a call: if it came by its lane's turn, that falls to the next one there. */
  passTurn(id: string): Promise<void>;
  /** Who waits, by lane, where so many jobs may be under way at once. */
  read(underWay: number): Promise<readonly (Standing & Readonly<{ lane: Lane }>)[]>;
  /** How many jobs wait in each lane, those without a place included. */
  count(): Promise<ReadonlyMap<Lane, number>>;
}>;

const place = loadScript(new URL('./lane-shares/place.lua', import.meta.url), [
  'waiting',
  'prioritized',
  'shares',
  'job',
  'id',
  'lane',
  'isNew',
  'tenant',
  'weights',
  'from',
  'to',
  'perRound',
]);

const comeBack = loadScript(new URL('./lane-shares/come-back.lua', import.meta.url), ['waiting', 'prioritized', 'id']);
const turn = loadScript(new URL('./lane-shares/turn.lua', import.meta.url), [
  'prioritized',
  'turns',
  'jobs',
  'lane',
  'lastLane',
  'perLane',
  'mostAhead',
]);
const passTurn = loadScript(new URL('./lane-shares/pass-turn.lua', import.meta.url), ['turns', 'job', 'mostAhead']);

/**
 * After so many calls for lanes ahead of one in which somebody waits, its first job comes next. So each lane behind has its turn within the
 * 30 s for which a fetch is wanted, of sixty calls a minute; and all four together take a fifth at the most from who comes first.
 */
export const mostAhead = 20;

/**
 * A proven bound: so many calls at the most are made before a job's, from when `before` others of its lane stand before it, however much
 * is asked for in the others: decision 41. Those that are under way come on top.
 */
export function mostCallsBefore(lane: Lane, before: number): number {
  const lanesBehind = lanes.length - 1;
  // The turns of the others behind may come with its own.
  if (priorityOf(lane) > 0) return (before + 1) * mostAhead + before + lanesBehind - 1;
  return Math.floor(((before + lanesBehind) * mostAhead) / (mostAhead - lanesBehind));
}

// A lane is one of BullMQ's priorities, which has this many scores. Its first ones are for who has begun and comes back.
const perLane = 2 ** 32;
const forReturns = 2 ** 24;
const perRound = 2 ** 10;

/** The scores of a lane: its `first`, and those that are places. */
export function placesOf(lane: Lane) {
  const first = priorityOf(lane) * perLane;
  return { first, from: first + forReturns, to: first + perLane, perRound };
}

/** Opens the places of the queue whose keys `keyOf` names. */
export function openLaneShares(redis: Redis, keyOf: (name: string) => string, weights: Weights = {}): LaneShares {
  const [waiting, prioritized, turns] = [keyOf('wait'), keyOf('prioritized'), keyOf('shares:turns')];
  const told = JSON.stringify(weights);
  const placesIn = (lane: Lane) => {
    const { first: _, ...own } = placesOf(lane);
    return { ...own, prioritized, shares: keyOf(`shares:${lane}`) };
  };
  return {
    async place({ id, lane, tenant, isNew }) {
      const words = { ...placesIn(lane), waiting, job: keyOf(id), id, tenant, isNew, weights: told };
      await place(redis, { ...words, lane: priorityOf(lane) });
    },
    async comeBack(id) {
      await comeBack(redis, { waiting, prioritized, id });
    },
    async noteCall(lane) {
      const words = { prioritized, turns, jobs: keyOf(''), perLane, mostAhead };
      await turn(redis, { ...words, lane: priorityOf(lane), lastLane: lanes.length - 1 });
    },
    async passTurn(id) {
      await passTurn(redis, { turns, job: keyOf(id), mostAhead });
    },
    async read(underWay) {
      const ofPeople = lanes.map(({ name }) => name).filter(isForPeople);
      const read = async (lane: Lane) => {
        const { first, from } = placesOf(lane);
        const [placed, unplaced, returned] = await Promise.all([
          readShares(redis, { ...placesIn(lane), weights }),
          priorityOf(lane) === 0 ? redis.llen(waiting) : 0,
          redis.zcount(prioritized, first, `(${from}`),
        ]);
        const most = (before: number) => mostCallsBefore(lane, before + unplaced + returned) + underWay;
        return { lane, ...behind(placed, most) };
      };
      return Promise.all(ofPeople.map(read));
    },
    async count() {
      const [unplaced, ...placed] = await Promise.all([
        redis.llen(waiting),
        ...lanes.map(({ priority }) => redis.zcount(prioritized, priority * perLane, `(${(priority + 1) * perLane}`)),
      ]);
      // What has no priority is in BullMQ's list until it has its place, and when it comes back from a rest.
      return new Map(
        lanes.map(({ name, priority }, index) => [name, (placed[index] ?? 0) + (priority === 0 ? unplaced : 0)]),
      );
    },
  };
}
