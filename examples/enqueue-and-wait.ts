// Enqueue and wait: a request that begins work is answered at once, with the job; the job's own address says how it goes,
// for a day and to whoever holds its id. A worker does the work, and the program that asked may end meanwhile.
//
//   node examples/enqueue-and-wait.ts
import { Job, jobEnded, logIn, say } from './platform.ts';

const ask = await logIn();
const { id, kind, state } = await ask(Job, 'POST', '/products/sync');
say(`${kind} is ${state}: GET /jobs/${id}`);
const ended = await jobEnded(ask, id);
say(`${kind} is ${ended.state}: ${JSON.stringify(ended.result ?? ended.error)}`);
