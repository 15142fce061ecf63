import { useEffect, useMemo } from 'preact/hooks';
import { formatTime } from '../prices/quote.ts';
import { type Entry, openTimeline } from './timeline.ts';
import { useReading } from '../api/use-reading.ts';

type Shown = Readonly<{ id: string; status: string; onChange(): void }>;

// Most of what happens is announced, but not what a gateway was asked and did not answer.
const everyMs = 2_000;
// Of an order that was in doubt for hours, how it began and how it goes on.
const [mostFirst, mostLast] = [20, 180];

/** Everything that happened to an order, as it happens; whatever is new may have changed the order. */
export function OrderTimeline({ id, status, onChange }: Shown) {
  const timeline = useMemo(() => openTimeline(id), [id]);
  const { value: entries = [], failure, read } = useReading(timeline, everyMs);
  useEffect(() => void read(), [status]);
  const left = Math.max(0, entries.length - mostFirst - mostLast);
  const newest = JSON.stringify(entries.at(-1));
  useEffect(() => {
    if (newest !== undefined) onChange();
  }, [newest]);
  return (
    <>
      <p role="alert">{failure?.message}</p>
      {entries.length === 0 && !failure && <p class="faint">Reading its history.</p>}
      <ol class="timeline" aria-label="History">
        {entries.slice(0, mostFirst).map((entry, index) => (
          <Happening key={`${entry.at} ${index}`} entry={entry} />
        ))}
        {left > 0 && <li>{left} more</li>}
        {entries
          .slice(mostFirst)
          .slice(-mostLast)
          .map((entry, index) => (
            <Happening key={`${entry.at} ${index}`} entry={entry} />
          ))}
      </ol>
    </>
  );
}

function Happening({ entry }: Readonly<{ entry: Entry }>) {
  return (
    <li data-type={entry.type}>
      <time dateTime={entry.at}>{formatTime(entry.at)}</time> {sentenceOf(entry)}
    </li>
  );
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
