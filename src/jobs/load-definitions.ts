import { basename } from 'node:path';
import type { z } from 'zod';
import { BadDefinition } from '../errors.ts';
import { importFiles } from '../process/import-files.ts';
import type { Job } from './define-job.ts';
import { queues } from './queues.ts';
import type { EventDefinition, Stream } from '../streams/define-event.ts';

/** Every job kind by name and every event by type, as the folders hold them. */
export type Definitions<Needs = unknown> = Readonly<{
  jobs: ReadonlyMap<string, Job<z.ZodType, z.ZodType, Needs>>;
  events: ReadonlyMap<string, EventDefinition>;
  streams: ReadonlyMap<string, Stream>;
}>;

/**
 * Imports every `*.job.ts`, `*.stream.ts` and `*.market.ts`: the folders are the only registration there is.
 * @throws BadDefinition naming the file and what to rename.
 */
export async function loadDefinitions<Needs>(): Promise<Definitions<Needs>> {
  const jobs = new Map<string, Job<z.ZodType, z.ZodType, Needs>>();
  const events = new Map<string, EventDefinition>();
  const streams = new Map<string, Stream>();
  const addJob = (file: string, job: Job<z.ZodType, z.ZodType, Needs>) => {
    if (jobs.has(job.kind)) throw new BadDefinition(`${file} defines '${job.kind}', as another file does; rename one`);
    jobs.set(job.kind, job);
  };
  const addEvent = (file: string, event: EventDefinition) => {
    if (events.has(event.type))
      throw new BadDefinition(`${file} defines '${event.type}', as another file does; rename one`);
    events.set(event.type, event);
    streams.set(event.stream.name, event.stream);
  };
  for (const { file, exported } of await importFiles('jobs', '.job.ts')) {
    const job = exported.find((value) => isJob<Needs>(value));
    if (!job) throw new BadDefinition(`${file} exports no job; export one made by defineJob`);
    requireName(file, '.job.ts', job.kind);
    if (!queues.includes(job.queue)) throw new BadDefinition(`${file} names a queue that is not listed in queues.ts`);
    addJob(file, job);
  }
  for (const { file, exported } of await importFiles('streams', '.stream.ts'))
    for (const event of exported.filter(isEvent)) {
      if (event.stream.name !== basename(file, '.stream.ts'))
        throw new BadDefinition(`${file} defines '${event.type}' on the stream '${event.stream.name}'; move one`);
      addEvent(file, event);
    }
  for (const { file, exported } of await importFiles('market', '.market.ts')) {
    const data = exported.find((value) => isMarketData<Needs>(value));
    if (!data) throw new BadDefinition(`${file} exports no market data; export one made by defineMarketData`);
    requireName(file, '.market.ts', data.name);
    addJob(file, data.job);
    if (data.event) addEvent(file, data.event);
  }
  return { jobs, events, streams };
}

function requireName(file: string, suffix: string, name: string): void {
  if (basename(file, suffix) !== name)
    throw new BadDefinition(`${file} defines '${name}'; rename one to match the other`);
}

// What defineJob, defineEvent and defineMarketData return is recognised by the fields that only they give together.
function isJob<Needs>(value: unknown): value is Job<z.ZodType, z.ZodType, Needs> {
  return typeof value === 'object' && value !== null && 'kind' in value && 'work' in value && 'queue' in value;
}

function isEvent(value: unknown): value is EventDefinition {
  return typeof value === 'object' && value !== null && 'type' in value && 'stream' in value && 'data' in value;
}

/** A kind of market data, as far as it is a job and an event. */
type MarketDefinition<Needs> = Readonly<{
  name: string;
  job: Job<z.ZodType, z.ZodType, Needs>;
  event: EventDefinition | undefined;
}>;

function isMarketData<Needs>(value: unknown): value is MarketDefinition<Needs> {
  return typeof value === 'object' && value !== null && 'facts' in value && 'job' in value && isJob(value.job);
}
