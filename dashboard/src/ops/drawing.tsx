import type { ComponentChildren } from 'preact';

/** The size of a drawing in its own units; it is as wide as there is room for. */
export const [width, height] = [244, 48] as const;

type At = Readonly<{ at: string }>;
type Drawn<T extends At> = Readonly<{
  label: string;
  peak: string;
  data: readonly T[];
  said: (step: T) => string;
  children: ComponentChildren;
}>;

/** A drawing of a history. Each step says its figures when pointed at. */
export function Drawing<T extends At>({ label, peak, data, said, children }: Drawn<T>) {
  const wide = width / data.length;
  return (
    <figure>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={`${label}, ${peak}`}>
        {children}
        {data.map((step, index) => (
          <rect key={step.at} class="step" x={index * wide} width={wide} height={height}>
            <title>{`${clock.format(new Date(step.at))}: ${said(step)}`}</title>
          </rect>
        ))}
      </svg>
      <figcaption class="faint">{peak}</figcaption>
    </figure>
  );
}

const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' });

/** A column a step, from a share of the height and so much of it upwards. */
export function barsOf<T>(data: readonly T[], shares: (step: T) => readonly [from: number, share: number]): string {
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
