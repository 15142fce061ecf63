import { useEffect, useMemo } from 'preact/hooks';
import { formatTime } from '../prices/quote.ts';
import { type Entry, openTimeline } from './timeline.ts';
import { duration, took } from '../parts/duration.ts';
import { secondsOf, type Step, stepsOf } from './timeline-steps.ts';
import { useReading } from '../api/use-reading.ts';

type Shown = Readonly<{ id: string; status: string; onChange(): void }>;

// Most of what happens is announced, but not what a gateway was asked and did not answer.
const everyMs = 2_000;
// Of an order that was in doubt for hours, how it began and how it goes on.
const [mostFirst, mostLast, mostFolded] = [20, 180, 50];
// What follows sooner follows at once, to a reader.
const noticedSeconds = 0.1;

/** Everything that happened to an order, as it happens; whatever is new may have changed the order. */
export function OrderTimeline({ id, status, onChange }: Shown) {
  const timeline = useMemo(() => openTimeline(id), [id]);
  const { value: entries = [], failure, read } = useReading(timeline, everyMs);
  useEffect(() => void read(), [status]);
  const steps = stepsOf(entries);
  const left = Math.max(0, steps.length - mostFirst - mostLast);
  // That of the request which has placed it, where traces are kept.
  const trace = entries.map((entry) => (entry.type === 'event' ? entry.trace_id : undefined)).find(Boolean);
  const newest = JSON.stringify(entries.at(-1));
  useEffect(() => {
    if (newest !== undefined) onChange();
  }, [newest]);
  const shown = (some: readonly Step[]) =>
    some.map((step, index) => <Happening key={`${step.entries[0]?.at} ${index}`} step={step} />);
  return (
    <>
      <p role="alert">{failure?.message}</p>
      {entries.length === 0 && !failure && <p class="faint">Reading its history.</p>}
      {trace && (
        <p class="faint">
          Trace <code>{trace}</code>
        </p>
      )}
      <ol class="timeline" aria-label="History">
        {shown(steps.slice(0, mostFirst))}
        {left > 0 && <li>{left} more</li>}
        {shown(steps.slice(mostFirst).slice(-mostLast))}
      </ol>
    </>
  );
}

function Happening({ step: { entries, last, afterSeconds } }: Readonly<{ step: Step }>) {
  const [first = last] = entries;
  return (
    <li data-type={last.type}>
      <time dateTime={first.at}>{formatTime(first.at)}</time> {sentenceOf(last)}
      <span class="faint">
        {tookOf(last)}
        {afterSeconds !== undefined && afterSeconds >= noticedSeconds && `, ${duration(afterSeconds)} later`}
      </span>
      {entries.length > 1 && (
        <details>
          <summary>{entries.length} times</summary>
          <ol>
            {entries.slice(-mostFolded).map((entry, index) => (
              <li key={index}>
                <time dateTime={entry.at}>{formatTime(entry.at)}</time>
                {tookOf(entry)}
              </li>
            ))}
          </ol>
        </details>
      )}
    </li>
  );
}

function tookOf(entry: Entry): string {
  const seconds = secondsOf(entry);
  if (seconds === undefined) return '';
  return ` in ${took(seconds)}`;
}

const talks: Readonly<Record<string, string>> = {
  charge: 'asked the gateway to charge',
  look_up: 'asked the gateway what became of it',
  cancel: 'asked the gateway to cancel the charge',
  refund: 'asked the gateway to refund',
  webhook: 'heard from the gateway',
};

function sentenceOf(entry: Entry): string {
  const words = (text: string) => text.replaceAll('_', ' ');
  if (entry.type === 'event') return `announced as ${entry.event}`;
  if (entry.type === 'status')
    return `${entry.subject} ${words(entry.to)}${entry.reason === null ? '' : ` (${words(entry.reason)})`}`;
  const said = talks[entry.operation] ?? `spoke with the gateway about ${words(entry.operation)}`;
  const outcome = entry.outcome === null ? 'no answer yet' : words(entry.outcome);
  return `${said}: ${outcome}${entry.detail === null ? '' : `, ${entry.detail}`}`;
}
