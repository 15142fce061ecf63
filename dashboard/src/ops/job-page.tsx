import { ask } from '../api/ask-api.ts';
import { useDeed } from '../api/use-deed.ts';
import { useReading } from '../api/use-reading.ts';
import { formatMoment } from '../parts/moment.ts';
import type { Job } from './job.ts';
import { onOwnClock } from './why.ts';

const everyMs = 2_000;

/** One job: how it is, why it is not running, what came of it. */
export function JobPage({ id, mayRetry }: Readonly<{ id: string; mayRetry: boolean }>) {
  const path = `/jobs/${encodeURIComponent(id)}`;
  const { value: job, failure, read } = useReading<Job>(path, everyMs);
  const retrying = useDeed();
  if (!job)
    return (
      <section aria-label="Job">
        <p role="alert">{failure?.message}</p>
        {!failure && <p class="empty">Reading the job.</p>}
      </section>
    );
  return (
    <section aria-labelledby="job" data-job={job.id} data-state={job.state}>
      <h2 id="job">
        {job.kind} · {job.state}
      </h2>
      <p role="alert">{failure?.message}</p>
      {job.waiting_because && <p>It does not run: {onOwnClock(job.waiting_because)}.</p>}
      {job.error && <p class="why">{job.error}</p>}
      <JobFacts job={job} />
      {job.result !== undefined && <pre>{JSON.stringify(job.result, undefined, 2)}</pre>}
      <p class="deeds">
        {mayRetry && job.state === 'failed' && (
          <button
            type="button"
            aria-disabled={retrying.isBusy}
            onClick={() => void retrying.run(() => ask('POST', `${path}/retry`).finally(() => void read()))}
          >
            Try again
          </button>
        )}
        {job.board_url && <a href={job.board_url}>In Bull Board</a>}
      </p>
      <p role="alert">{retrying.failure}</p>
    </section>
  );
}

function JobFacts({ job }: Readonly<{ job: Job }>) {
  const { progress } = job;
  const moments = { Asked: job.created_at, Begun: job.started_at, Ended: job.finished_at };
  return (
    <dl class="facts">
      <div>
        <dt>Job</dt>
        <dd>
          <code>{job.id}</code>
        </dd>
      </div>
      <div>
        <dt>Queue</dt>
        <dd>{job.queue}</dd>
      </div>
      <div>
        <dt>Attempts</dt>
        <dd>{job.attempts}</dd>
      </div>
      {progress && (
        <div>
          <dt>Done</dt>
          <dd>
            {progress.done} of {progress.total}
          </dd>
        </div>
      )}
      {Object.entries(moments).map(([name, at]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{at === null ? 'not yet' : formatMoment(at)}</dd>
        </div>
      ))}
    </dl>
  );
}
