import type { ComponentChildren } from 'preact';
import { duration } from '../parts/duration.ts';
import { serverNow } from '../api/server-clock.ts';
import type { Queue } from './use-ops.ts';

/** A queue: whether it runs, what waits, and what has become of its jobs. */
export function QueueCard({ queue, children }: Readonly<{ queue: Queue; children?: ComponentChildren }>) {
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
      {queue.limited_because !== null && <p class="because">{sentence(queue.limited_because)}</p>}
      <p class="depth">
        {queue.waiting ?? '–'} <span>waiting</span>
      </p>
      <p class="faint">
        {oldestOf(queue)}
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
      {children}
    </li>
  );
}

function stateOf({ status, workers, limited_until }: Queue): string {
  if (status === 'unknown') return 'Redis is away';
  if (status === 'paused') return 'Paused';
  if (workers === 0) return 'No workers';
  if (status === 'running' || limited_until === null) return 'Running';
  return `Rests ${duration(Math.max(0, (Date.parse(limited_until) - serverNow()) / 1_000))} more`;
}

const sentence = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;

function oldestOf({ waiting, oldest_waiting_seconds: seconds }: Queue): string {
  if (waiting === null) return 'Not known';
  return seconds === null ? 'Nothing waits' : `Oldest for ${duration(seconds)}`;
}
