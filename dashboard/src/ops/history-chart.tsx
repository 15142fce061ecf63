import { took } from '../parts/duration.ts';
import { barsOf, Drawing, height, width } from './drawing.tsx';
import type { History, Step } from './history.ts';

const percentiles = ['p50', 'p95', 'p99'] as const;

/** Two drawings of the same steps: how many ended, and how long they took. Each step says its figures when pointed at. */
export function HistoryChart({ history: { queue, data } }: Readonly<{ history: History }>) {
  const most = Math.max(1, ...data.map(({ done, failed }) => done + failed));
  const slowest = Math.max(0.001, ...data.map(({ p99 }) => p99 ?? 0));
  if (data.every(({ p50 }) => p50 === null)) return <p class="empty">Nothing ended.</p>;
  return (
    <div class="drawings">
      <Drawing label={`Ended in ${queue}`} peak={`${most.toLocaleString('en-US')} at most`} data={data} said={said}>
        <path class="done" d={barsOf(data, ({ done }) => [0, done / most])} />
        <path class="failed" d={barsOf(data, ({ done, failed }) => [done / most, failed / most])} />
      </Drawing>
      <Drawing label={`Time taken in ${queue}`} peak={`${took(slowest)} at most`} data={data} said={said}>
        {percentiles.map((name) => (
          <path key={name} class={name} d={lineOf(data, (step) => (step[name] ?? Number.NaN) / slowest)} />
        ))}
      </Drawing>
    </div>
  );
}

function said({ done, failed, p50, p99 }: Step): string {
  const ended = `${done} done, ${failed} failed`;
  return p50 === null || p99 === null ? ended : `${ended}; half within ${took(p50)}, 99 of 100 within ${took(p99)}`;
}

/** A line from step to step; where nothing ended there is none, and a step alone is a dot. */
function lineOf(data: readonly Step[], shareOf: (step: Step) => number): string {
  const shares = data.map(shareOf);
  return shares
    .map((share, index) => {
      if (Number.isNaN(share)) return '';
      const x = ((index + 0.5) / data.length) * width;
      const verb = Number.isNaN(shares[index - 1] ?? Number.NaN) ? 'M' : 'L';
      return `${verb}${x.toFixed(1)} ${(height - 1 - share * (height - 2)).toFixed(1)}${verb === 'M' ? 'h.01' : ''}`;
    })
    .join('');
}
