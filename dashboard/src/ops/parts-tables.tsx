import { serverNow } from '../api/server-clock.ts';
import { pathOf } from '../frame/address.ts';
import { took } from '../parts/duration.ts';
import { type Column, Table } from '../parts/table.tsx';
import { formatTime } from '../prices/quote.ts';
import type { Breaker, Group, WorkerProcess } from './parts.ts';

const unknown = <p class="empty">Not known.</p>;

/** Who works, of which release, and at what. */
export function Workers({ workers }: Readonly<{ workers: readonly WorkerProcess[] | null }>) {
  if (!workers) return unknown;
  return (
    <Table
      label="Workers"
      rows={workers}
      keyOf={({ host, pid }) => `${host} ${pid}`}
      empty="No worker is there."
      columns={workerColumns}
    />
  );
}

const workerColumns: readonly Column<WorkerProcess>[] = [
  { name: 'Process', of: ({ host, pid }) => (pid === null ? 'does not tell' : `${host} · ${pid}`) },
  { name: 'Version', of: ({ version }) => version ?? '–' },
  { name: 'Queues', of: ({ queues }) => queues.join(', ') },
  {
    name: 'Runs',
    of: ({ running }) =>
      running.length === 0
        ? 'nothing'
        : running.map(({ id, kind, since }) => (
            <div key={id}>
              <a href={pathOf('jobs', id)}>{kind}</a>{' '}
              <span class="faint">for {took(Math.max(0, (serverNow() - Date.parse(since)) / 1_000))}</span>
            </div>
          )),
  },
];

const states = { closed: 'calls are made', open: 'does not answer; one call a second tries' } as const;

/** How the breaker of each upstream is. */
export function Breakers({ breakers }: Readonly<{ breakers: readonly Breaker[] | null }>) {
  if (!breakers) return unknown;
  return (
    <dl class="lag">
      {breakers.map(({ upstream, queue, state, failures, until }) => (
        <div key={upstream} data-breaker={upstream} data-state={state}>
          <dt>
            {upstream}, for {queue}
          </dt>
          <dd>
            {state === 'resting'
              ? `wants no call until ${until === null ? 'later' : formatTime(until)}`
              : states[state]}
          </dd>
          <dd class="faint">{failures === 0 ? 'no failure of late' : `${failures} failures in a row`}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Who follows the streams in groups, and how much each has still to be given. */
export function Groups({ groups }: Readonly<{ groups: readonly Group[] | null }>) {
  if (!groups) return unknown;
  return (
    <Table
      label="Consumer groups"
      rows={groups}
      keyOf={({ stream, name }) => `${stream} ${name}`}
      empty="No group follows a stream."
      columns={groupColumns}
    />
  );
}

const groupColumns: readonly Column<Group>[] = [
  { name: 'Stream', of: ({ stream }) => stream },
  { name: 'Group', of: ({ name }) => name },
  { name: 'Consumers', isFigure: true, of: ({ consumers }) => consumers },
  { name: 'Not acknowledged', isFigure: true, of: ({ pending }) => pending },
  { name: 'Not delivered', isFigure: true, of: ({ lag }) => lag ?? '–' },
];
