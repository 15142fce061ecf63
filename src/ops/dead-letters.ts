import { randomUUIDv7 } from 'node:crypto';
import {
  type EntityManager,
  UniqueConstraintViolationException,
  type FilterQuery,
  type InferEntity,
  type MikroORM,
  LockMode,
} from '@mikro-orm/mysql';
import { DeadLetter } from '../entities/ops.entity.ts';
import { Problem } from '../errors.ts';
import { type JobContract, tenantOf } from '../jobs/define-job.ts';
import type { FindJoined } from '../jobs/enqueue.ts';
import { readablePayload } from '../jobs/stored-job.ts';
import type { Log } from '../process/log.ts';
import type { Definitions } from '../jobs/load-definitions.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { wantAgain, type Wishes } from './want-again.ts';

/** What has given up: the job, its payload, and why. */
export type Letter = Readonly<{
  kind: string;
  jobId: string;
  payload: unknown;
  reason: string;
  attempts: number;
  diedAt: Date;
}>;

/** Keeps a dead letter: one a job, however often it is kept, and nothing of it cut without a mark. False: there is one. */
export async function keepLetter(em: EntityManager, letter: Letter): Promise<boolean> {
  const { kind, payload, ...rest } = letter;
  const texts = { kind: cut(kind, 100), jobId: jobIdOf(letter), reason: reasonOf(letter) };
  try {
    await em.insert(DeadLetter, { id: randomUUIDv7(), ...rest, ...texts, payload: readablePayload(textOf(payload)) });
    return true;
  } catch (error) {
    if (!(error instanceof UniqueConstraintViolationException)) throw error;
    return false;
  }
}

const jobIdOf = ({ jobId }: Letter) => cut(jobId, 191);
const reasonOf = ({ reason }: Letter) => cut(reason, 1_000);

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function textOf(payload: unknown): string {
  try {
    return JSON.stringify(payload) ?? 'null';
  } catch {
    return '"[a payload nested too deeply to be kept]"';
  }
}

type Burial = Readonly<{ orm: MikroORM; now: () => Date; log: Log }>;
type Dead = Readonly<{ id?: string; name: string; data: unknown; attemptsMade: number }>;

/** Keeps a job that has given up in MySQL, once; Redis forgets it after a day. It never throws: the job has failed anyway. */
export async function bury({ orm, now, log }: Burial, dead: Dead, reason: Error): Promise<void> {
  const told = {
    kind: dead.name,
    jobId: dead.id ?? '',
    reason: `${reason.name}: ${reason.message}`,
    attempts: dead.attemptsMade + 1,
    diedAt: now(),
  };
  try {
    await keepLast(orm.em.fork(), { ...told, payload: dead.data });
  } catch (error) {
    log.error({ err: error, letter: told }, 'dead letter: MySQL is away; the job stands here and in Redis');
  }
}

/** A retry whose process ended before it took the letter back leaves it to the job that runs again: it tells why that failed. */
async function keepLast(em: EntityManager, letter: Letter): Promise<void> {
  if (await keepLetter(em, letter)) return;
  const { attempts, diedAt } = letter;
  const where = { jobId: jobIdOf(letter), replayedAt: null };
  await em.nativeUpdate(DeadLetter, where, { reason: reasonOf(letter), attempts, diedAt });
}

/** Which dead letters are meant, and how many at the most. */
export type ReplayWish = Readonly<{
  ids?: readonly string[] | undefined;
  kind?: string | undefined;
  before?: string | undefined;
  dry_run: boolean;
  limit: number;
  jobs: Definitions['jobs'];
  findJoined: FindJoined;
  market: Wishes;
  at: Date;
}>;

type LetterRow = InferEntity<typeof DeadLetter>;

const pageSize = 100;
// Letters that cannot be replayed stay the oldest; so many of them may stand before one that can.
const mostPages = 20;

/**
 * Gives dead jobs another chance: a new job each, and the letter is marked, in one transaction, so that each is replayed
 * once whoever asks how often. Kinds that are no longer defined, and payloads that do not fit, are left where they are, and
 * keep no other from its chance; so are fetches for which too many wait.
 */
export async function replayDead(tx: EntityManager, after: AfterCommit, wish: ReplayWish) {
  const { ids, kind, before, dry_run, limit, jobs, at } = wish;
  const where: FilterQuery<LetterRow> = {
    replayedAt: null,
    kind: { $in: kind === undefined ? [...jobs.keys()] : jobs.has(kind) ? [kind] : [] },
    ...(ids === undefined ? {} : { id: { $in: [...ids] } }),
    ...(before === undefined ? {} : { diedAt: { $lt: new Date(before) } }),
  };
  const matching = await tx.count(DeadLetter, where);
  const data: { id: string; kind: string; job_id: string | null }[] = [];
  const joined = new Map<string, string>();
  const findJoined = untilAway(wish.findJoined, undefined);
  const isWanted = untilAway((job: JobContract, payload: unknown) => canWant(wish.market, job, payload), true);
  for await (const { id, kind: name, payload: text } of oldestFirst(tx, where)) {
    const job = jobs.get(name);
    // A payload that no longer fits its kind would only die again.
    const buried = payloadOf(text);
    const payload = job?.payload.safeParse(buried);
    if (!job || !payload?.success || (!dry_run && !(await isWanted(job, payload.data)))) continue;
    const enqueue = () => after.enqueue(job, payload.data, tenantOf(buried));
    const jobId = dry_run ? null : await joinedId(joined, job, payload.data, { findJoined, enqueue });
    if (jobId !== null) await tx.nativeUpdate(DeadLetter, { id }, { replayedAt: at, replayJobId: jobId });
    data.push({ id, kind: name, job_id: jobId });
    if (data.length === limit) break;
  }
  return { dry_run, matching, data };
}

/** Jobs of which BullMQ would keep one are asked for once, or the others would have ids of jobs that there never were. */
async function joinedId(
  joined: Map<string, string>,
  job: JobContract,
  payload: unknown,
  { findJoined, enqueue }: Readonly<{ findJoined: FindJoined; enqueue: () => string }>,
): Promise<string> {
  if (!job.coalesceBy) return enqueue();
  const place = `${job.kind} ${job.coalesceBy(payload)}`;
  const id = joined.get(place) ?? (await findJoined(job, payload)) ?? enqueue();
  joined.set(place, id);
  return id;
}

/** False: it is a fetch, and too many wait for others. */
function canWant(market: Wishes, job: JobContract, payload: unknown): Promise<boolean> {
  return wantAgain(market, job, payload).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Problem) return false;
      throw error;
    },
  );
}

/** Without Redis letters are replayed as well; it is asked no more, because they are locked meanwhile. */
function untilAway<Asked extends readonly unknown[], T>(
  ask: (...asked: Asked) => Promise<T>,
  instead: T,
): (...asked: Asked) => Promise<T> {
  let isAway = false;
  return async (...asked) => {
    if (isAway) return instead;
    return ask(...asked).catch(() => {
      isAway = true;
      return instead;
    });
  };
}

/** The letters, each locked before it is looked at. */
async function* oldestFirst(tx: EntityManager, where: FilterQuery<LetterRow>): AsyncGenerator<LetterRow> {
  let last = '';
  for (let count = 0; count < mostPages; count += 1) {
    const page = await tx.find(
      DeadLetter,
      { $and: [where, { id: { $gt: last } }] },
      { lockMode: LockMode.PESSIMISTIC_WRITE, orderBy: { id: 'asc' }, limit: pageSize, disableIdentityMap: true },
    );
    yield* page;
    last = page.at(-1)?.id ?? last;
    if (page.length < pageSize) return;
  }
}

/** The payload that a letter keeps; a sentence where its text has been cut, as it was before letters had marks for that. */
export function payloadOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return '[a payload that was cut]';
  }
}
