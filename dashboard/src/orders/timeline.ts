import { askQuickly } from '../api/ask-api.ts';

/** Something that happened to an order. */
export type Entry = Readonly<{ at: string }> &
  (
    | Readonly<{ type: 'status'; subject: string; to: string; reason: string | null }>
    | Readonly<{
        type: 'gateway_call';
        operation: string;
        ended_at: string | null;
        outcome: string | null;
        detail: string | null;
      }>
    | Readonly<{ type: 'event'; event: string; trace_id?: string }>
  );

type Page = Readonly<{ after: string; data: readonly Entry[] }>;
type Answer = Readonly<{ data: readonly Entry[]; next_cursor: string | null }>;

const patienceMs = 4_000;
// What happened long ago changes no more; a call may end while the next page has begun.
const pagesReadAgain = 2;

/** Opens an order's timeline: each call of the result reads what is new, and resolves to all of it, oldest first. */
export function openTimeline(order: string): () => Promise<readonly Entry[]> {
  let known: readonly Page[] = [];
  return async () => {
    const pages = known.slice(0, -pagesReadAgain);
    let after: string | null = known[pages.length]?.after ?? '';
    while (after !== null) {
      const path: string = `/orders/${order}/timeline?limit=100${after && `&cursor=${encodeURIComponent(after)}`}`;
      const answer: Answer = await askQuickly<Answer>(path, patienceMs);
      pages.push({ after, data: answer.data });
      after = answer.next_cursor;
    }
    known = pages;
    return pages.flatMap(({ data }) => data);
  };
}
