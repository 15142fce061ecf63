import { formatMoment } from '../parts/moment.ts';
import type { Job } from './job.ts';

/** What a job has failed of, or why it does not run. */
export function whyOf({ error, waiting_because: because }: Job): string {
  return error ?? onOwnClock(because ?? '');
}

/** Words with their moments on the reader's clock. */
export function onOwnClock(words: string): string {
  return words.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, formatMoment);
}
