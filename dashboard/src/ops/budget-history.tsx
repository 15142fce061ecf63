import { useReading } from '../api/use-reading.ts';
import { laneNames } from './budget.tsx';
import { barsOf, Drawing } from './drawing.tsx';
import type { BudgetHistory as Told, Calls, Span } from './history.ts';

/** How many calls to the provider each lane has used. */
export function BudgetHistory({ by, everyMs }: Readonly<{ by: Span; everyMs: number }>) {
  const { value, failure } = useReading<Told>(`/market/budget/history?by=${by}`, everyMs);
  return (
    <li data-history="budget" data-current={failure === undefined}>
      <h3>Calls to the provider</h3>
      {failure && <p role="alert">{value ? 'This is not current.' : 'Not known.'}</p>}
      {value && (
        <>
          <dl>
            {Object.entries(value.total).map(([lane, calls]) => (
              <div key={lane}>
                <dt class="lane" data-of={lane}>
                  {laneNames[lane] ?? lane}
                </dt>
                <dd>{calls.toLocaleString('en-US')}</dd>
              </div>
            ))}
          </dl>
          <Chart told={value} />
        </>
      )}
    </li>
  );
}

function Chart({ told: { total, data } }: Readonly<{ told: Told }>) {
  const lanes = Object.keys(total);
  const most = Math.max(...data.map((step) => sumOf(step.calls, lanes)));
  if (most === 0) return <p class="empty">No call was made.</p>;
  const said = ({ calls }: Told['data'][number]) => {
    const parts = lanes.filter((lane) => calls[lane]).map((lane) => `${laneNames[lane] ?? lane} ${calls[lane]}`);
    return [`${sumOf(calls, lanes)} calls`, ...parts].join('; ');
  };
  return (
    <div class="drawings whole">
      <Drawing label="Calls to the provider" peak={`${most.toLocaleString('en-US')} at most`} data={data} said={said}>
        {lanes.map((lane, index) => (
          <path
            key={lane}
            class="lane"
            data-of={lane}
            d={barsOf(data, ({ calls }) => [sumOf(calls, lanes.slice(0, index)) / most, (calls[lane] ?? 0) / most])}
          />
        ))}
      </Drawing>
    </div>
  );
}

function sumOf(calls: Calls, lanes: readonly string[]): number {
  return lanes.reduce((sum, lane) => sum + (calls[lane] ?? 0), 0);
}
