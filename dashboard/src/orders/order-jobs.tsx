import { useReading } from '../api/use-reading.ts';
import { pathOf } from '../frame/address.ts';
import { formatMoment } from '../parts/moment.ts';
import { Part } from '../parts/part.tsx';
import { Table } from '../parts/table.tsx';
import type { Job } from '../ops/job.ts';
import { whyOf } from '../ops/why.ts';

const everyMs = 10_000;

/** The jobs of the last day that were about an order, for operators. */
export function OrderJobs({ id }: Readonly<{ id: string }>) {
  const jobs = useReading<{ data: readonly Job[] }>(`/jobs?key=${id}`, everyMs);
  return (
    <Part id="jobs" title="Jobs" reading={jobs}>
      {({ data }) => (
        <Table
          label="Jobs"
          rows={data}
          keyOf={(row) => row.id}
          empty="No job of the last day was about it."
          columns={[
            { name: 'Kind', of: (row) => <a href={pathOf('jobs', row.id)}>{row.kind}</a> },
            { name: 'State', of: (row) => row.state },
            { name: 'Attempts', isFigure: true, of: (row) => row.attempts },
            { name: 'Since', of: (row) => formatMoment(row.created_at) },
            { name: 'Why', of: whyOf },
          ]}
        />
      )}
    </Part>
  );
}
