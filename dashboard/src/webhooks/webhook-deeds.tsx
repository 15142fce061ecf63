import { useState } from 'preact/hooks';
import { askOnce, lossOf } from '../api/ask-api.ts';
import { awaitJob } from '../api/await-job.ts';
import { useDeed } from '../api/use-deed.ts';
import type { Job } from '../ops/job.ts';
import { Opening } from '../parts/opening.tsx';
import type { Webhook } from './webhook.ts';

type Shown = Readonly<{
  webhook: Webhook;
  path: string;
  onChange(wish: object): Promise<void>;
  onEnd(): Promise<void>;
}>;

/** What can be done with a webhook as it is. */
export function WebhookDeeds({ webhook: { status, url }, path, onChange, onEnd }: Shown) {
  const { isBusy, failure, run } = useDeed();
  const [said, setSaid] = useState('');
  const test = async () => {
    setSaid('');
    // Another address is another test.
    const once = await askOnce<Job>(`${path}/test`, {}, url);
    setSaid(`${outcomeOf((await awaitJob(once.answer)).result)} ${lossOf(once)}`.trim());
  };
  const other = status === 'active' ? 'paused' : 'active';
  return (
    <div class="deeds" role="group" aria-label="What can be done">
      <button type="button" aria-disabled={isBusy} onClick={() => void run(() => onChange({ status: other }))}>
        {status === 'active' ? 'Pause' : 'Resume'}
      </button>
      <button type="button" aria-disabled={isBusy} onClick={() => void run(test)}>
        Send a test event
      </button>
      <Opening button="New secret" yes="Yes, make a new one" onYes={() => onChange({ rotate_secret: true })}>
        <p>The present one signs as well for another day.</p>
      </Opening>
      <Opening button="Delete" yes="Yes, delete" onYes={onEnd}>
        <p>Nothing more is sent, and what waits is forgotten.</p>
      </Opening>
      <p role="status">{said}</p>
      <p role="alert">{failure}</p>
    </div>
  );
}

/** What the job has found, whose result is only known to be something. */
function outcomeOf(result: unknown): string {
  if (typeof result !== 'object' || result === null) return 'It was sent.';
  const { response_status: status, error }: Readonly<{ response_status?: unknown; error?: unknown }> = result;
  if (typeof status === 'number') return `It was sent, and answered with ${status}.`;
  return `It was sent, and not answered: ${typeof error === 'string' ? error : 'nobody knows why'}.`;
}
