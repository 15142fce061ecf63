import { useEffect, useState } from 'preact/hooks';
import { askOnce, lossOf } from '../api/ask-api.ts';
import { useDeed } from '../api/use-deed.ts';
import { useReading } from '../api/use-reading.ts';
import { pathOf } from '../frame/address.ts';
import type { Job } from '../ops/job.ts';
import { duration } from '../parts/duration.ts';
import { serverNow } from '../api/server-clock.ts';
import { SyncChanges, type SyncResult, wordsOf } from './sync-changes.tsx';

/** Reads the product feed, and tells how that goes and what it has changed. */
export function ProductSync({ onDone }: Readonly<{ onDone(): void }>) {
  const [id, setId] = useState<string>();
  const [said, setSaid] = useState('');
  const { isBusy, failure, run } = useDeed();
  const job = useReading<Job>(id && `/jobs/${id}`);
  const state = job.value?.id === id ? job.value?.state : undefined;
  useEffect(() => {
    if (state === 'completed') onDone();
  }, [state]);
  const result = state === 'completed' ? resultOf(job.value) : undefined;
  const sync = async () => {
    setSaid('');
    const once = await askOnce<Job>('/products/sync', {});
    setId(once.answer.id);
    setSaid(lossOf(once));
  };
  return (
    <>
      <button type="button" aria-disabled={isBusy} onClick={() => void run(sync)}>
        Read the feed
      </button>
      <p role="status" class="faint">
        {id && state && (
          <>
            <a href={pathOf('jobs', id)}>The reading</a> is {state}
            {state === 'active' && job.value?.started_at && <Since at={job.value.started_at} />}
            {result ? `: ${wordsOf(result)}` : '.'} {said}
          </>
        )}
      </p>
      {state === 'active' && job.value?.progress && <Rows {...job.value.progress} />}
      {result && <SyncChanges result={result} />}
      <p role="alert">{failure || (state === 'failed' && job.value?.error)}</p>
    </>
  );
}

function Rows({ done, total }: Readonly<{ done: number; total: number }>) {
  return (
    <p>
      <progress max={total} value={done} aria-label="Rows of the feed" /> {done} of {total} rows
    </p>
  );
}

function Since({ at }: Readonly<{ at: string }>) {
  return <> for {duration(Math.max(0, Math.round((serverNow() - Date.parse(at)) / 1_000)))}</>;
}

// What a job of this kind results in is the API's promise.
function resultOf(job: Job | undefined): SyncResult | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion, typescript/consistent-type-assertions
  return job?.result as SyncResult | undefined;
}
