import { formatMoment } from '../parts/moment.ts';
import type { Job } from './job.ts';

/** Why a job does not run or what it has failed of, with its moments on the reader's clock. */
export function whyOf({ error, waiting_because: because }: Job): string {
  return error ?? because?.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, formatMoment) ?? '';
}
