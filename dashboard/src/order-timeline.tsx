import { useEffect, useState } from 'preact/hooks';
import { ask } from './ask-api.ts';
import { formatTime } from './quote.ts';

type Entry = Readonly<{ at: string }> &
  (
    | Readonly<{ type: 'status'; subject: string; to: string; reason: string | null }>
    | Readonly<{ type: 'gateway_call'; operation: string; outcome: string | null; detail: string | null }>
    | Readonly<{ type: 'event'; event: string }>
  );

/** Everything that happened to an order, read again whenever `status` changes. */
export function OrderTimeline({ id, status }: Readonly<{ id: string; status: string }>) {
  const [entries, setEntries] = useState<readonly Entry[]>();
  const [failure, setFailure] = useState('');
  useEffect(() => {
    let isGone = false;
    ask<{ data: Entry[] }>('GET', `/orders/${id}/timeline`).then(
      ({ data }) => !isGone && setEntries(data),
      (error: Error) => !isGone && setFailure(error.message),
    );
    return () => {
      isGone = true;
    };
  }, [id, status]);
  if (failure !== '') return <p role="alert">{failure}</p>;
  if (entries === undefined) return <p class="faint">Reading its history.</p>;
  return (
    <ol class="timeline" aria-label="History">
      {entries.map((entry, index) => (
        <li key={`${entry.at}-${index}`} data-type={entry.type}>
          <time dateTime={entry.at}>{formatTime(entry.at)}</time> {sentenceOf(entry)}
        </li>
      ))}
    </ol>
  );
}

function sentenceOf(entry: Entry): string {
  const words = (text: string) => text.replaceAll('_', ' ');
  if (entry.type === 'event') return `announced as ${entry.event}`;
  if (entry.type === 'status')
    return `${entry.subject} ${words(entry.to)}${entry.reason === null ? '' : ` (${words(entry.reason)})`}`;
  const outcome = entry.outcome === null ? 'no answer yet' : words(entry.outcome);
  return `asked the gateway to ${words(entry.operation)}: ${outcome}${entry.detail === null ? '' : `, ${entry.detail}`}`;
}
