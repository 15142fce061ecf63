import type { z } from '@hono/zod-openapi';
import type { JobView } from '../../../src/api/ops/job-view.ts';

/** A job as the API shows it. */
export type Job = z.output<typeof JobView>;
