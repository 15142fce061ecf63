// Giving up: a job that cannot succeed ends as a dead letter. An administrator reads why, mends the cause, and has it replayed:
// each letter is replayed once, as a new job. See examples/jobs/print-label.job.ts.
//
//   node examples/giving-up.ts
import { printLabel } from './jobs/print-label.job.ts';
import { jobEnded, openApi, openQueues, say } from './platform.ts';

const api = openApi();
const queues = openQueues();
const title = 'A mug whose title is longer than any label of a shelf';
const { id: product_id } = await api.createProduct({ body: { title, price: 40 } });

const jobId = await queues.enqueue(printLabel, { product_id });
await queues.close();
const first = await jobEnded(api, jobId);
say(`print-label is ${first.state}: ${first.error}`);

const { data: letters } = await api.listDeadLetters({ kind: 'print-label', replayed: false });
const letter = letters.find(({ job_id }) => job_id === jobId);
say(`its dead letter: ${letter?.reason}`);

await api.changeProduct({ id: product_id, body: { title: 'Enamel mug' } });
const ids = letter ? [letter.id] : [];
const { data: replayed } = await api.replayDeadLetters({ body: { ids } });
for (const { job_id } of replayed) {
  // Only a dry run names none.
  if (job_id === null) continue;
  const { state, result } = await jobEnded(api, job_id);
  say(`replayed, print-label is ${state}: ${JSON.stringify(result)}`);
}
const { data: again } = await api.replayDeadLetters({ body: { ids } });
say(`replayed once more: jobs: ${again.length}`);
