// Coalescing: twenty ask for the same, and one job does it. `coalesceBy` in examples/jobs/tally-orders.job.ts says what is
// the same; whoever asks while such a job waits or runs gets its id, and with it its result. The queue is stopped for a
// moment, so that all twenty come while the first still waits.
//
//   node examples/coalescing.ts
import { apiAddress } from './addresses.ts';
import { tallyOrders } from './jobs/tally-orders.job.ts';
import { administrator, jobEnded, openApi, openQueues, say } from './platform.ts';

const api = openApi();
const { access_token } = await api.login({ body: administrator });
const queues = openQueues();

async function turn(verb: 'pause' | 'resume'): Promise<void> {
  const headers = { authorization: `Bearer ${access_token}` };
  const board = `${apiAddress()}/admin/queues/api`;
  const { ok, status } = await fetch(`${board}/queues/upkeep/${verb}`, { method: 'PUT', headers });
  if (!ok) throw new Error(`the board has answered ${verb} with ${status}`);
}

const day = new Date().toISOString().slice(0, 10);

async function askTwenty(): Promise<readonly string[]> {
  await turn('pause');
  try {
    return await Promise.all(Array.from({ length: 20 }, () => queues.enqueue(tallyOrders, { day })));
  } finally {
    await turn('resume');
  }
}

const asked = await askTwenty();
const ids = [...new Set(asked)];
say(`${asked.length} have asked; jobs: ${ids.length}`);
for (const id of ids) {
  const { state, result } = await jobEnded(api, id);
  say(`tally-orders is ${state}: ${JSON.stringify(result)}`);
}
await queues.close();
