// Renaming a kind with jobs in flight: a job in Redis bears its kind's name, so the name that nobody asks for any more stays
// defined until the last of its jobs has ended. Here is what still runs of the version before, and what the new one asks for.
//
//   node examples/rename-kind.ts
import type { z } from 'zod';
import { measureParcel } from './jobs/measure-parcel.job.ts';
import { weighParcel } from './jobs/weigh-parcel.job.ts';
import { jobEnded, openApi, openQueues, say } from './platform.ts';

const api = openApi();
const queues = openQueues();
const parcel: z.input<typeof measureParcel.payload> = { sides_cm: [30, 20, 10] };
const ids = [
  // A process of the version before, which does not know the new name yet.
  await queues.enqueue(weighParcel, parcel),
  // A process of the new version.
  await queues.enqueue(measureParcel, parcel),
];
await queues.close();
say('asked for under both names');
for (const id of ids) {
  const { kind, state, result } = await jobEnded(api, id);
  say(`${kind} is ${state}: ${JSON.stringify(result)}`);
}

// Once nothing asks under the old name any more, its file may go as soon as none of its jobs waits, runs or is to be tried again.
const { data } = await api.searchJobs({ kind: 'weigh-parcel' });
const left = data.filter(({ finished_at }) => finished_at === null);
say(`weigh-parcel jobs left: ${left.length}${left.length === 0 ? '; its file may be deleted' : ''}`);
