/** The source of a new job kind on the queue that queues.ts exports under that name. */
export function jobSource(name, queue) {
  const sentence = sentenceOf(name);
  return `import { z } from 'zod';
import type { JobContext } from '../context.ts';
import { defineJob } from './define-job.ts';
import { ${queue} as queue } from './queues.ts';

/** ${sentence} */
export const ${camelCase(name)} = defineJob(
  {
    kind: '${name}',
    summary: '${sentence}',
    queue,
    payload: z.object({ subject: z.string().min(1) }),
    result: z.object({ subject: z.string(), done_at: z.string() }),
    attempts: 3,
    backoffMs: 1_000,
    timeoutMs: 10_000,
  },
  // It may run twice and stop anywhere: it changes nothing yet, so a second run does no harm.
  async ({ payload: { subject } }, { log, now }: JobContext) => {
    const done_at = now().toISOString();
    log.info({ subject }, '${name}');
    return { subject, done_at };
  },
);
`;
}

/** The source of its test. */
export function jobTestSource(name) {
  const job = camelCase(name);
  return `import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ${job} } from '../../src/jobs/${name}.job.ts';
import { performJob } from '../support/api/perform-job.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';

const now = () => new Date('2026-01-01T00:00:00.000Z');
let api: TestApi;

beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

describe('${name}', () => {
  it('does its work', async () => {
    const result = await performJob(${job}, { subject: 'a' }, { ...api.ctx, now });
    expect(result).toEqual({ subject: 'a', done_at: '2026-01-01T00:00:00.000Z' });
  });

  it('does no harm when it runs twice', async () => {
    const first = await performJob(${job}, { subject: 'a' }, { ...api.ctx, now });
    const second = await performJob(${job}, { subject: 'a' }, { ...api.ctx, now });
    expect(second).toEqual(first);
  });

  it('gives up on a payload that does not fit', () => {
    expect(${job}.payload.safeParse({}).success).toBe(false);
  });
});
`;
}

function camelCase(name) {
  return name.replaceAll(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase());
}

function sentenceOf(name) {
  const words = name.replaceAll('-', ' ');
  return `${words[0].toUpperCase()}${words.slice(1)}.`;
}
