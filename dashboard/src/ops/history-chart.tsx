import type { ComponentChildren } from 'preact';
import { took } from '../parts/duration.ts';
import type { History, Step } from './history.ts';

// In the units of the drawing, which is as wide as there is room for.
const [width, height] = [244, 48];
const percentiles = ['p50', 'p95', 'p99'] as const;

/** Two drawings of the same steps: how many ended, and how long they took. Each step says its figures when pointed at. */
export function HistoryChart({ history: { queue, data } }: Readonly<{ history: History }>) {
  const most = Math.max(1, ...data.map(({ done, failed }) => done + failed));
  const slowest = Math.max(0.001, ...data.map(({ p99 }) => p99 ?? 0));
  if (data.every(({ p50 }) => p50 === null)) return <p class="empty">Nothing ended.</p>;
  return (
    <div class="drawings">
      <Drawing label={`Ended in ${queue}`} peak={`${most.toLocaleString('en-US')} at most`} data={data}>
        <path class="done" d={barsOf(data, ({ done }) => [0, done / most])} />
        <path class="failed" d={barsOf(data, ({ done, failed }) => [done / most, failed / most])} />
      </Drawing>
      <Drawing label={`Time taken in ${queue}`} peak={`${took(slowest)} at most`} data={data}>
        {percentiles.map((name) => (
          <path key={name} class={name} d={lineOf(data, (step) => (step[name] ?? Number.NaN) / slowest)} />
        ))}
      </Drawing>
    </div>
  );
}

type Drawn = Readonly<{ label: string; peak: string; data: readonly Step[]; children: ComponentChildren }>;

function Drawing({ label, peak, data, children }: Drawn) {
  const wide = width / data.length;
  return (
    <figure>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={`${label}, ${peak}`}>
        {children}
        {data.map((step, index) => (
          <rect key={step.at} class="step" x={index * wide} width={wide} height={height}>
            <title>{said(step)}</title>
          </rect>
        ))}
      </svg>
      <figcaption class="faint">{peak}</figcaption>
    </figure>
  );
}

const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' });

function said({ at, done, failed, p50, p99 }: Step): string {
  const ended = `${clock.format(new Date(at))}: ${done} done, ${failed} failed`;
  return p50 === null || p99 === null ? ended : `${ended}; half within ${took(p50)}, 99 of 100 within ${took(p99)}`;
}

/** A column a step, from a share of the height and so much of it upwards. */
function barsOf(data: readonly Step[], shares: (step: Step) => readonly [from: number, share: number]): string {
  const wide = width / data.length;
  return data
    .map((step, index) => {
      const [from, share] = shares(step);
      const up = (share * height).toFixed(1);
      const [x, y] = [(index * wide).toFixed(1), ((1 - from) * height).toFixed(1)];
      return share === 0 ? '' : `M${x} ${y}v-${up}h${(wide * 0.8).toFixed(1)}v${up}z`;
    })
    .join('');
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
