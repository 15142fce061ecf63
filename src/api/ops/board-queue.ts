import { randomUUIDv7 } from 'node:crypto';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { OpenQueue } from '../../jobs/enqueue.ts';

/** A queue as the board sees it. A job that is added there gets an id as all have, by which the API shows it and tries it again. */
export class BoardQueue extends BullMQAdapter {
  readonly #queue: OpenQueue;

  constructor(...[queue, options]: ConstructorParameters<typeof BullMQAdapter>) {
    super(queue, options);
    this.#queue = queue;
  }

  // Who copies a job there sends its id as well, under which BullMQ would add nothing.
  override async addJob(name: string, data: unknown, options: object) {
    return this.#queue.add(name, data, { ...options, jobId: randomUUIDv7() });
  }

  override async runJobSchedulerNow(id: string) {
    const schedule = await this.#queue.getJobScheduler(id);
    return schedule ? this.addJob(schedule.name, schedule.template?.data, { ...schedule.template?.opts }) : 'not-found';
  }
}
