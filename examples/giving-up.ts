// Giving up: a job that cannot succeed ends as a dead letter. An administrator reads why, mends the cause, and has it replayed:
// each letter is replayed once, as a new job. See examples/jobs/print-label.job.ts.
//
//   node examples/giving-up.ts
import { z } from 'zod';
import { printLabel } from './jobs/print-label.job.ts';
import { jobEnded, logIn, openQueues, say } from './platform.ts';

const Letters = z.object({ data: z.array(z.object({ id: z.string(), job_id: z.string(), reason: z.string() })) });
const Replay = z.object({ data: z.array(z.object({ job_id: z.string() })) });

const ask = await logIn();
const queues = openQueues();
const title = 'A mug whose title is longer than any label of a shelf';
const { id: product_id } = await ask(z.object({ id: z.int() }), 'POST', '/products', { title, price: 40 });

const jobId = await queues.enqueue(printLabel, { product_id });
await queues.close();
const first = await jobEnded(ask, jobId);
say(`print-label is ${first.state}: ${first.error}`);

const { data: letters } = await ask(Letters, 'GET', '/dead-letters?kind=print-label&replayed=false');
const letter = letters.find(({ job_id }) => job_id === jobId);
say(`its dead letter: ${letter?.reason}`);

await ask(z.unknown(), 'PATCH', `/products/${product_id}`, { title: 'Enamel mug' });
const { data: replayed } = await ask(Replay, 'POST', '/dead-letters/replay', { ids: [letter?.id] });
for (const { job_id } of replayed) {
  const { state, result } = await jobEnded(ask, job_id);
  say(`replayed, print-label is ${state}: ${JSON.stringify(result)}`);
}
const { data: again } = await ask(Replay, 'POST', '/dead-letters/replay', { ids: [letter?.id] });
say(`replayed once more: jobs: ${again.length}`);
