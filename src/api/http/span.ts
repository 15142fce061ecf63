import { Problem } from '../../errors.ts';

const dayMs = 86_400_000;

/** The ends that a caller has named. */
export type NamedSpan = Readonly<{ from?: string | undefined; to?: string | undefined }>;

/** The span asked for, a day counted whole, by default the last days. @throws Problem when it ends before it begins. */
export function spanOf(named: NamedSpan, now: Date, defaultDays = 7) {
  const to = named.to === undefined ? now : endOf(named.to);
  const from = named.from === undefined ? new Date(to.getTime() - defaultDays * dayMs) : new Date(named.from);
  if (from > to)
    throw new Problem('invalid', 'The span ends before it begins.', {
      errors: [{ pointer: 'to', detail: 'must not be before `from`' }],
    });
  return { from, to, view: { from: from.toISOString(), to: to.toISOString() } };
}

/** The moment, or the last of the day. */
export function endOf(moment: string): Date {
  const at = new Date(moment);
  return moment.includes('T') ? at : new Date(at.getTime() + dayMs - 1);
}
