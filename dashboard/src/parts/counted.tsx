import type { Tally } from '../api/use-tally.ts';

/** How many events have come over all reconnects, and how many never did. */
export function Counted({ tally: { events, missed } }: Readonly<{ tally: Tally }>) {
  if (events === 0) return null;
  return (
    <p class="faint counted" data-events={events} data-missed={missed}>
      {events} {events === 1 ? 'event' : 'events'}, {missed} missed
    </p>
  );
}
