import { useEffect, useState } from 'preact/hooks';
import { askOnce } from '../api/ask-api.ts';
import { useDeed } from '../api/use-deed.ts';
import { useReading } from '../api/use-reading.ts';
import { pathOf } from '../frame/address.ts';
import type { Job } from '../ops/job.ts';

/** Reads the product feed, and tells how that goes and what it has changed. */
export function ProductSync({ onDone }: Readonly<{ onDone(): void }>) {
  const [id, setId] = useState<string>();
  const { isBusy, failure, run } = useDeed();
  const job = useReading<Job>(id && `/jobs/${id}`);
  const state = job.value?.id === id ? job.value?.state : undefined;
  useEffect(() => {
    if (state === 'completed') onDone();
  }, [state]);
  const sync = () => void run(async () => setId((await askOnce<Job>('/products/sync', {})).answer.id));
  return (
    <>
      <button type="button" aria-disabled={isBusy} onClick={sync}>
        Read the feed
      </button>
      <p role="status" class="faint">
        {id && state && (
          <>
            <a href={pathOf('jobs', id)}>The reading</a> is {state}
            {state === 'completed' ? `: ${wordsOf(job.value?.result)}` : '.'}
          </>
        )}
      </p>
      <p role="alert">{failure || (state === 'failed' && job.value?.error)}</p>
    </>
  );
}

/** What a result's figures say, whatever they are called. */
function wordsOf(result: unknown): string {
  if (typeof result !== 'object' || result === null) return 'done.';
  const figures = Object.entries(result).filter(([, value]) => typeof value === 'number' || typeof value === 'string');
  return figures.map(([name, value]) => `${String(value)} ${name.replaceAll('_', ' ')}`).join(', ');
}
