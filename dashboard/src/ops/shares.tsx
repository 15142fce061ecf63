import { type Column, Table } from '../parts/table.tsx';
import type { Held, Queue, Share } from './use-ops.ts';

type Row<Of> = Of & Readonly<{ queue: string }>;

const figure = (count: number) => count.toLocaleString('en-US');
const shareColumns: readonly Column<Row<Share>>[] = [
  { name: 'Queue', of: ({ queue, lane }) => (lane === null ? queue : `${queue}, ${lane.replaceAll('_', ' ')}`) },
  { name: 'Who', of: ({ tenant }) => tenant },
  { name: 'Shares', isFigure: true, of: ({ weight }) => figure(weight) },
  { name: 'Waiting', isFigure: true, of: ({ waiting }) => figure(waiting) },
  { name: 'Before the last, at most', isFigure: true, of: ({ most_before: most }) => figure(most) },
];
const heldColumns: readonly Column<Row<Held & Readonly<{ most: number }>>>[] = [
  { name: 'Queue', of: ({ queue }) => queue },
  { name: 'Who', of: ({ tenant }) => tenant },
  { name: 'Under way', isFigure: true, of: ({ under_way: count, most }) => `${figure(count)} of ${figure(most)}` },
  { name: 'Held', isFigure: true, of: ({ held }) => figure(held) },
];
const keyOf = ({ queue, tenant }: Row<Readonly<{ tenant: string }>>) => `${queue} ${tenant}`;

/** Who waits where tenants share, with how many jobs come before the last of theirs at most; and who has as many under way as may be. */
export function Shares({ queues }: Readonly<{ queues: readonly Queue[] }>) {
  const shares = queues.flatMap(({ name, shares: of }) =>
    (of?.largest ?? []).map((some) => ({ ...some, queue: name })),
  );
  const limited = queues.flatMap(({ name, at_once: of }) => (of ? [{ ...of, name }] : []));
  const held = limited.flatMap(({ name, most, held: all }) => all.map((some) => ({ ...some, most, queue: name })));
  return (
    <>
      <Table
        label="Shares"
        columns={shareColumns}
        rows={shares}
        keyOf={(row) => `${keyOf(row)} ${row.lane}`}
        empty="Nobody waits for anybody."
      />
      {limited.length > 0 && (
        <>
          <h3>Under way at once</h3>
          <p class="faint">
            {limited.map(({ name, most }) => `On ${name}, ${figure(most)} of each at most.`).join(' ')}
          </p>
          <Table label="Under way at once" columns={heldColumns} rows={held} keyOf={keyOf} empty="Nobody is held." />
        </>
      )}
    </>
  );
}
