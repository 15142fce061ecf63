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
 * Imports every `*.job.ts` and `*.stream.ts`: the folders are the only registration there is.
 * @throws BadDefinition naming the file and what to rename.
 */
export async function loadDefinitions<Needs>(): Promise<Definitions<Needs>> {
  const jobs = new Map<string, Job<z.ZodType, z.ZodType, Needs>>();
  for (const { file, exported } of await importFiles('jobs', '.job.ts')) {
    const job = exported.find((value) => isJob<Needs>(value));
    if (!job) throw new BadDefinition(`${file} exports no job; export one made by defineJob`);
    if (basename(file, '.job.ts') !== job.kind)
      throw new BadDefinition(`${file} defines '${job.kind}'; rename one to match the other`);
    if (!queues.includes(job.queue)) throw new BadDefinition(`${file} names a queue that is not listed in queues.ts`);
    jobs.set(job.kind, job);
  }
  const events = new Map<string, EventDefinition>();
  const streams = new Map<string, Stream>();
  for (const { file, exported } of await importFiles('streams', '.stream.ts')) {
    for (const event of exported.filter(isEvent)) {
      if (event.stream.name !== basename(file, '.stream.ts'))
        throw new BadDefinition(`${file} defines '${event.type}' on the stream '${event.stream.name}'; move one`);
      events.set(event.type, event);
      streams.set(event.stream.name, event.stream);
    }
  }
  return { jobs, events, streams };
}

// What defineJob and defineEvent return is recognised by the fields that only they give together.
function isJob<Needs>(value: unknown): value is Job<z.ZodType, z.ZodType, Needs> {
  return typeof value === 'object' && value !== null && 'kind' in value && 'work' in value && 'queue' in value;
}

function isEvent(value: unknown): value is EventDefinition {
  return typeof value === 'object' && value !== null && 'type' in value && 'stream' in value && 'data' in value;
}
