// Renaming a kind, 2 of 2: the old name stays defined, with the work of the new one, until the jobs that bear it have drained.
import { defineJob } from '../../src/jobs/define-job.ts';
import { measureParcel } from './measure-parcel.job.ts';

/** What measure-parcel was called. Delete this file when examples/rename-kind.ts says that no such job is left. */
export const weighParcel = defineJob(
  { ...measureParcel, kind: 'weigh-parcel', summary: 'The former name of measure-parcel.' },
  measureParcel.work,
);
