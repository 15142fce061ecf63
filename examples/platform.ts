import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { openProducer, type Producer } from '../src/jobs/enqueue.ts';
import { apiAddress, redisAddress } from './addresses.ts';

/** Asks the API as its administrator, and reads the answer by its schema. @throws on every answer that is no success */
export type Ask = <T>(schema: z.ZodType<T>, method: string, path: string, body?: unknown) => Promise<T>;

/** A job, as far as the examples look at it. */
export const Job = z.object({
  id: z.string(),
  kind: z.string(),
  state: z.string(),
  finished_at: z.string().nullable(),
  result: z.unknown().optional(),
  error: z.string().optional(),
});
export type Job = z.output<typeof Job>;

const pollMs = 100;

/** Logs in as the administrator of the demo data. */
export async function logIn(): Promise<Ask> {
  const api = apiAddress();
  const asWhom =
    (token?: string): Ask =>
    async (schema, method, path, body) => {
      const headers = {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      };
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const answer = await fetch(`${api}${path}`, { method, headers, ...sent });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path} was answered with ${answer.status}: ${text}`);
      return schema.parse(JSON.parse(text));
    };
  const login = { email: 'admin@example.com', password: 'orderflow-admin' };
  const granted = await asWhom()(z.object({ access_token: z.string() }), 'POST', '/auth/login', login);
  return asWhom(granted.access_token);
}

/** Asks how a job goes until it has ended, well or not. */
export async function jobEnded(ask: Ask, id: string): Promise<Job> {
  for (;;) {
    const job = await ask(Job, 'GET', `/jobs/${id}`);
    if (job.finished_at !== null) return job;
    await sleep(pollMs);
  }
}

/** Opens the queues, for programs that ask for jobs themselves; in the product, `after.enqueue` does it on commit. */
export function openQueues(): Producer {
  return openProducer({
    ...redisAddress(),
    connectTimeout: 2_000,
    maxRetriesPerRequest: 1,
    retryStrategy: () => 500,
  });
}

/** Prints a line. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
