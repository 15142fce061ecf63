import { BudgetGauges } from './budget.tsx';
import { DeadLetters } from './dead-letters.tsx';
import { duration } from './duration.ts';
import { settings } from './settings.ts';
import { type Ops, type Queue, useOps } from './use-ops.ts';
import type { User } from './use-session.ts';
import { Watchlist } from './watchlist.tsx';

/** How the platform is: queues, what lags, what gave up; for operators. */
export function OpsView({ user }: Readonly<{ user: User }>) {
  const isAdmin = user.role === 'admin';
  const { ops, failure, read } = useOps(isAdmin);
  return (
    <main class="ops">
      <p role="alert">{failure && `These figures are not current. ${failure}`}</p>
      {ops ? (
        <>
          <Queues queues={ops.queues} />
          {ops.budget && <BudgetGauges budget={ops.budget} />}
          <Lag ops={ops} />
          <DeadLetters letters={ops.letters} mayReplay={isAdmin} onChange={read} />
          {ops.watched && <Watchlist watched={ops.watched} onChange={read} />}
        </>
      ) : (
        <p class="empty">Reading the queues.</p>
      )}
      <p class="links">
        <a href="/admin/queues">Every job, in Bull Board</a>
        {settings.sandbox && <a href={settings.sandbox}>Break something, in the sandbox</a>}
      </p>
    </main>
  );
}

function Queues({ queues }: Readonly<{ queues: readonly Queue[] }>) {
  return (
    <section aria-labelledby="queues">
      <h2 id="queues">Queues</h2>
      <ul class="queues">
        {queues.map((queue) => (
          <QueueCard key={queue.name} queue={queue} />
        ))}
      </ul>
    </section>
  );
}

function QueueCard({ queue }: Readonly<{ queue: Queue }>) {
  const figures = {
    Running: queue.active,
    Delayed: queue.delayed,
    Done: queue.completed,
    Failed: queue.failed,
  };
  return (
    <li class="queue" data-queue={queue.name}>
      <h3>
        <a href={`/admin/queues/queue/${queue.name}`}>{queue.name}</a>
      </h3>
      <p class="state" data-status={queue.workers === 0 ? 'unmanned' : queue.status}>
        {stateOf(queue)}
      </p>
      <p class="depth">
        {queue.waiting ?? '–'} <span>waiting</span>
      </p>
      <p class="faint">
        {queue.oldest_waiting_seconds === null
          ? 'Nothing waits'
          : `Oldest for ${duration(queue.oldest_waiting_seconds)}`}
        {queue.workers !== null && ` · ${queue.workers} ${queue.workers === 1 ? 'worker' : 'workers'}`}
      </p>
      <dl>
        {Object.entries(figures).map(([name, value]) => (
          <div key={name} data-figure={name.toLowerCase()}>
            <dt>{name}</dt>
            <dd>{value ?? '–'}</dd>
          </div>
        ))}
      </dl>
    </li>
  );
}

function stateOf({ status, workers, limited_until }: Queue): string {
  if (status === 'unknown') return 'Redis is away';
  if (status === 'paused') return 'Paused';
  if (workers === 0) return 'No workers';
  if (status === 'running' || limited_until === null) return 'Running';
  return `Rests ${duration(Math.max(0, (Date.parse(limited_until) - Date.now()) / 1_000))} more`;
}

function Lag({ ops: { outbox, streams } }: Readonly<{ ops: Ops }>) {
  const oldest = outbox.oldest_seconds;
  return (
    <section aria-labelledby="lag">
      <h2 id="lag">On the way</h2>
      <dl class="lag">
        <div>
          <dt>Outbox</dt>
          <dd data-figure="outbox">{outbox.waiting ?? '–'} unsent</dd>
          <dd class="faint">{oldest ? `the oldest for ${duration(oldest)}` : 'nothing lags'}</dd>
        </div>
        {streams.map(({ name, length, lag_seconds: lag }) => (
          <div key={name}>
            <dt>Stream {name}</dt>
            <dd data-stream={name}>{length?.toLocaleString('en-US') ?? '–'} events</dd>
            <dd class="faint">
              {lag === null ? 'nobody follows' : lag === 0 ? 'nothing lags' : `${duration(lag)} behind`}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
