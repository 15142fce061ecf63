import { type Answer, json } from '../answer.ts';
import type { Form } from './form.ts';
import { badParameter, missing } from './stripe-error.ts';

/** The parameters every list takes. */
export const listParameters = ['created', 'ending_before', 'limit', 'starting_after'] as const;

/** One page of a list, newest first, as the gateway cuts it. `rows` are in the order they were made. */
export function listPage(
  url: string,
  noun: string,
  rows: readonly { readonly id: string; readonly created?: unknown }[],
  form: Form,
): Answer {
  const limit = form.whole('limit') ?? 10;
  if (limit < 1 || limit > 100)
    throw badParameter('limit', 'parameter_invalid_integer', 'Limit must be between 1 and 100.');
  const within = bounds(form);
  const newest = rows.toReversed();
  const place = (name: string) => {
    const id = form.text(name);
    const found = newest.findIndex((row) => row.id === id);
    if (id !== undefined && found === -1) throw missing(400, name, noun, id);
    return found;
  };
  const after = place('starting_after');
  const before = place('ending_before');
  const matching = newest.slice(after + 1, before === -1 ? undefined : before).filter(({ created }) => within(created));
  // Towards the newer end, a page is the one that touches its cursor.
  const data = before === -1 ? matching.slice(0, limit) : matching.slice(-limit);
  return json(200, { object: 'list', data, has_more: matching.length > data.length, url });
}

function bounds(form: Form): (created: unknown) => boolean {
  const exact = form.whole('created');
  const least = Math.max(form.whole('created[gte]') ?? 0, (form.whole('created[gt]') ?? -1) + 1);
  const most = Math.min(form.whole('created[lte]') ?? Infinity, (form.whole('created[lt]') ?? Infinity) - 1);
  return (created) => {
    const second = Number(created);
    return second >= least && second <= most && (exact === undefined || second === exact);
  };
}
