import { useEffect } from 'preact/hooks';
import { formatTime } from './quote.ts';
import { useReading } from './use-reading.ts';

type Entry = Readonly<{ at: string }> &
  (
    | Readonly<{ type: 'status'; subject: string; to: string; reason: string | null }>
    | Readonly<{ type: 'gateway_call'; operation: string; outcome: string | null; detail: string | null }>
    | Readonly<{ type: 'event'; event: string }>
  );

type Shown = Readonly<{ id: string; status: string; onChange(): void }>;

// Most of what happens is announced, but not what a gateway was asked and did not answer.
const everyMs = 2_000;

/** Everything that happened to an order, as it happens; whatever is new may have changed the order. */
export function OrderTimeline({ id, status, onChange }: Shown) {
  const { value, failure, read } = useReading<{ data: Entry[] }>(`/orders/${id}/timeline?limit=100`, everyMs);
  useEffect(() => void read(), [status]);
  const newest = JSON.stringify(value?.data.at(-1));
  useEffect(() => {
    if (newest !== undefined) onChange();
  }, [newest]);
  return (
    <>
      <p role="alert">{failure?.message}</p>
      {value === undefined && !failure && <p class="faint">Reading its history.</p>}
      <ol class="timeline" aria-label="History">
        {value?.data.map((entry, index) => (
          <li key={`${entry.at}-${index}`} data-type={entry.type}>
            <time dateTime={entry.at}>{formatTime(entry.at)}</time> {sentenceOf(entry)}
          </li>
        ))}
      </ol>
    </>
  );
}

const talks: Readonly<Record<string, string>> = {
  charge: 'asked the gateway to charge',
  look_up: 'asked the gateway what became of the charge',
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
