import { useState } from 'preact/hooks';
import { useReading } from '../api/use-reading.ts';
import { took } from '../parts/duration.ts';
import { BudgetHistory } from './budget-history.tsx';
import { HistoryChart } from './history-chart.tsx';
import type { Ended, History, Span } from './history.ts';

const spans: Readonly<Record<Span, string>> = { minute: 'The last hour', hour: 'The last day' };
const stepNames: readonly Span[] = ['minute', 'hour'];

// Workers write four times a minute.
const everyMs = 5_000;

/** How the queues have been, what ended in each and how long that took; and what was used of the provider's plan. */
export function Histories({ queues }: Readonly<{ queues: readonly string[] }>) {
  const [by, setBy] = useState<Span>('minute');
  return (
    <section aria-labelledby="history">
      <h2 id="history">Over time</h2>
      <fieldset class="switch">
        <legend class="hidden">How far back</legend>
        {stepNames.map((step) => (
          <label key={step}>
            <input type="radio" name="span" class="hidden" checked={step === by} onChange={() => setBy(step)} />
            <span>{spans[step]}</span>
          </label>
        ))}
      </fieldset>
      <ul class="histories">
        {queues.map((queue) => (
          <QueueHistory key={`${queue} ${by}`} queue={queue} by={by} />
        ))}
        <BudgetHistory key={by} by={by} everyMs={everyMs} />
      </ul>
    </section>
  );
}

function QueueHistory({ queue, by }: Readonly<{ queue: string; by: Span }>) {
  const { value, failure } = useReading<History>(`/queues/${queue}/history?by=${by}`, everyMs);
  return (
    <li data-history={queue} data-current={failure === undefined}>
      <h3>{queue}</h3>
      {failure && <p role="alert">{value ? 'This is not current.' : 'Not known.'}</p>}
      {value && (
        <>
          <Totals total={value.total} />
          <HistoryChart history={value} />
        </>
      )}
    </li>
  );
}

function Totals({ total: { done, failed, p50, p95, p99 } }: Readonly<{ total: Ended }>) {
  const figures = { done, failed, p50: timeOf(p50), p95: timeOf(p95), p99: timeOf(p99) };
  return (
    <dl>
      {Object.entries(figures).map(([name, value]) => (
        <div key={name} data-total={name}>
          <dt>{name}</dt>
          <dd>{value.toLocaleString('en-US')}</dd>
        </div>
      ))}
    </dl>
  );
}

const timeOf = (seconds: number | null): string => (seconds === null ? '–' : took(seconds));
