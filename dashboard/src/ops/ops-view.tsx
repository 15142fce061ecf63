import { BudgetGauges } from './budget.tsx';
import { DeadLetters } from './dead-letters.tsx';
import { Histories } from './histories.tsx';
import { duration } from '../parts/duration.ts';
import { mainId } from '../parts/hold-focus.ts';
import { Part } from '../parts/part.tsx';
import { pathOf } from '../frame/address.ts';
import { Faults } from './faults.tsx';
import { Breakers, Groups, Workers } from './parts-tables.tsx';
import { QueueCard } from './queue-card.tsx';
import { QueueSwitch } from './queue-switch.tsx';
import { Shares } from './shares.tsx';
import { settings } from '../api/settings.ts';
import { type Queues, useOps } from './use-ops.ts';
import type { StagedFor } from '../frame/staged.ts';

/** How the platform is: queues, what lags, what gave up; for operators. */
export function OpsView({ user }: Pick<StagedFor, 'user'>) {
  const isAdmin = user.role === 'admin';
  const { queues, letters, budget, parts } = useOps();
  return (
    <main class="ops" id={mainId}>
      <Part id="queues" title="Queues" reading={queues}>
        {({ data }) => (
          <ul class="queues">
            {data.map((queue) => (
              <QueueCard key={queue.name} queue={queue}>
                {isAdmin && queue.status !== 'unknown' && (
                  <QueueSwitch queue={queue} onChange={() => void queues.read()} />
                )}
              </QueueCard>
            ))}
          </ul>
        )}
      </Part>
      {queues.value && <Histories queues={queues.value.data.map(({ name }) => name)} />}
      <Part id="shares" title="Shares" reading={queues}>
        {({ data }) => <Shares queues={data} />}
      </Part>
      <Part id="budget" title="Calls to the provider" reading={budget}>
        {(value) => <BudgetGauges budget={value} />}
      </Part>
      <Part id="workers" title="Workers" reading={parts}>
        {({ workers }) => <Workers workers={workers} />}
      </Part>
      <Part id="breakers" title="Breakers" reading={parts}>
        {({ breakers }) => <Breakers breakers={breakers} />}
      </Part>
      <Part id="lag" title="On the way" reading={queues}>
        {(value) => <Lag queues={value} />}
      </Part>
      <Part id="groups" title="Consumer groups" reading={parts}>
        {({ groups }) => <Groups groups={groups} />}
      </Part>
      <Part id="dead" title="Given up" reading={letters}>
        {({ data }) => <DeadLetters letters={data} mayReplay={isAdmin} onChange={letters.read} />}
      </Part>
      <p class="links">
        <a href="/admin/queues">Every job, in Bull Board</a>
        <a href={pathOf('dead-letters')}>Every dead letter, with what it was asked</a>
      </p>
      {settings.sandbox && <Faults sandbox={settings.sandbox} />}
    </main>
  );
}

function Lag({ queues: { outbox, streams } }: Readonly<{ queues: Queues }>) {
  return (
    <dl class="lag">
      <div>
        <dt>Outbox</dt>
        <dd data-figure="outbox">{outbox.waiting ?? '–'} unsent</dd>
        <dd class="faint">{ageOf(outbox.oldest_seconds)}</dd>
      </div>
      {streams.map(({ name, length, lag_seconds: lag }) => (
        <div key={name}>
          <dt>Stream {name}</dt>
          <dd data-stream={name}>{length?.toLocaleString('en-US') ?? '–'} events</dd>
          <dd class="faint">{length === null ? 'not known' : lagOf(lag)}</dd>
        </div>
      ))}
    </dl>
  );
}

function ageOf(oldestSeconds: number | null): string {
  if (oldestSeconds === null) return 'not known';
  return oldestSeconds > 0 ? `the oldest for ${duration(oldestSeconds)}` : 'nothing lags';
}

function lagOf(seconds: number | null): string {
  if (seconds === null) return 'nobody follows';
  return seconds === 0 ? 'nothing lags' : `${duration(seconds)} behind`;
}
