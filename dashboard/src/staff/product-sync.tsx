import { useEffect, useState } from 'preact/hooks';
import { askOnce } from '../api/ask-api.ts';
import { useDeed } from '../api/use-deed.ts';
import { useReading } from '../api/use-reading.ts';
import { pathOf } from '../frame/address.ts';
import type { Change } from '../../../src/catalog/store-feed.ts';
import type { Job } from '../ops/job.ts';
import { duration } from '../parts/duration.ts';
import { serverNow } from '../api/server-clock.ts';

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
            {state === 'active' && job.value?.started_at && <Since at={job.value.started_at} />}
            {state === 'completed' ? `: ${wordsOf(job.value?.result)}` : '.'}
          </>
        )}
      </p>
      {state === 'completed' && <Changes result={job.value?.result} />}
      <p role="alert">{failure || (state === 'failed' && job.value?.error)}</p>
    </>
  );
}

function Since({ at }: Readonly<{ at: string }>) {
  return <> for {duration(Math.max(0, Math.round((serverNow() - Date.parse(at)) / 1_000)))}</>;
}

/** The first of what has changed, and what of it. */
function Changes({ result }: Readonly<{ result: unknown }>) {
  const changes = typeof result === 'object' && result !== null && 'changes' in result ? result.changes : [];
  if (!Array.isArray(changes) || changes.length === 0) return null;
  return (
    <ul aria-label="What has changed">
      {changes.map((change: Change) => (
        <li key={change.product_id}>
          <a href={pathOf('shop', String(change.product_id))}>{change.title}</a>: {change.fields.join(', ')}
        </li>
      ))}
    </ul>
  );
}

/** What a result's figures say, whatever they are called. */
function wordsOf(result: unknown): string {
  if (typeof result !== 'object' || result === null) return 'done.';
  const figures = Object.entries(result).filter(([, value]) => typeof value === 'number' || typeof value === 'string');
  return figures.map(([name, value]) => `${String(value)} ${name.replaceAll('_', ' ')}`).join(', ');
}
