// Enqueue and wait: a request that begins work is answered at once, with the job; the job's own address says how it goes,
// for a day and to whoever holds its id. A worker does the work, and the program that asked may end meanwhile.
//
//   node examples/enqueue-and-wait.ts
import { jobEnded, openApi, say } from './platform.ts';

const api = openApi();
const { id, kind, state } = await api.syncProducts();
say(`${kind} is ${state}: GET /jobs/${id}`);
const ended = await jobEnded(api, id);
say(`${kind} is ${ended.state}: ${JSON.stringify(ended.result ?? ended.error)}`);
