// A schedule: examples/jobs/list-low-stock.job.ts says `everyMs: 5_000`, and nothing else is needed. Workers keep the schedule
// in Redis and make it anew when Redis has lost it; when the file is gone, so is the schedule.
//
//   node examples/schedule.ts
import { setTimeout as sleep } from 'node:timers/promises';
import { openApi, say } from './platform.ts';

const api = openApi();
const lastRuns = async () => (await api.searchJobs({ kind: 'list-low-stock', state: 'completed', limit: 2 })).data;
let runs = await lastRuns();
while (runs.length < 2) {
  await sleep(500);
  runs = await lastRuns();
}
// A run bears the time for which it was planned: two runs of one time cannot be.
for (const { id, finished_at, result } of runs) say(`${id} ended at ${finished_at}: ${JSON.stringify(result)}`);
