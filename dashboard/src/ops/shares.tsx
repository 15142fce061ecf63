import { type Column, Table } from '../parts/table.tsx';
import type { Queue, Share } from './use-ops.ts';

type Row = Share & Readonly<{ queue: string }>;

const figure = (count: number) => count.toLocaleString('en-US');
const columns: readonly Column<Row>[] = [
  { name: 'Queue', of: ({ queue, lane }) => (lane === null ? queue : `${queue}, ${lane.replaceAll('_', ' ')}`) },
  { name: 'Who', of: ({ tenant }) => tenant },
  { name: 'Shares', isFigure: true, of: ({ weight }) => figure(weight) },
  { name: 'Waiting', isFigure: true, of: ({ waiting }) => figure(waiting) },
  { name: 'Before the last, at most', isFigure: true, of: ({ most_before: most }) => figure(most) },
];

/** Who waits in the queues that tenants share, and how many jobs come before the last of theirs at most. */
export function Shares({ queues }: Readonly<{ queues: readonly Queue[] }>) {
  const rows = queues.flatMap(({ name, shares }) =>
    (shares?.largest ?? []).map((share) => ({ ...share, queue: name })),
  );
  const keyOf = ({ queue, lane, tenant }: Row) => `${queue} ${lane} ${tenant}`;
  return <Table label="Shares" columns={columns} rows={rows} keyOf={keyOf} empty="Nobody waits for anybody." />;
}
