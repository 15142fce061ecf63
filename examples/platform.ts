import { setTimeout as sleep } from 'node:timers/promises';
import { type Job, openOrderflow, type Orderflow } from '../clients/typescript/src/orderflow.ts';
import { openProducer, type Producer } from '../src/jobs/enqueue.ts';
import { apiAddress, redisAddress } from './addresses.ts';

const pollMs = 100;

/** The administrator of the demo data. */
export const administrator = { email: 'admin@example.com', password: 'orderflow-admin' };

/** Opens the API as its administrator. */
export function openApi(): Orderflow {
  return openOrderflow({ url: apiAddress(), login: administrator });
}

/** Asks how a job goes until it has ended, well or not. */
export async function jobEnded(api: Orderflow, id: string): Promise<Job> {
  for (;;) {
    const job = await api.readJob({ id });
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
