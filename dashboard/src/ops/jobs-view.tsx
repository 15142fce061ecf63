import { usePages } from '../api/use-pages.ts';
import { useReading } from '../api/use-reading.ts';
import { pathOf } from '../frame/address.ts';
import { useAsked } from '../frame/asked.ts';
import type { StagedFor } from '../frame/staged.ts';
import { Chosen } from '../parts/chosen.tsx';
import { mainId } from '../parts/hold-focus.ts';
import { formatMoment } from '../parts/moment.ts';
import { Paged } from '../parts/paged.tsx';
import { queried } from '../parts/queried.ts';
import { SearchField } from '../parts/search-field.tsx';
import { useSettled } from '../parts/use-settled.ts';
import type { Job } from './job.ts';
import { JobPage } from './job-page.tsx';
import { whyOf } from './why.ts';

const states = ['waiting', 'active', 'delayed', 'completed', 'failed'] as const;
const kindsEveryMs = 600_000;

/** The jobs of the last day, found by what they are about, and the page of each. */
export function JobsView({ item, user }: StagedFor) {
  return (
    <main class="page" id={mainId}>
      {item === undefined ? <JobList /> : <JobPage id={item} mayRetry={user.role === 'admin'} />}
    </main>
  );
}

function JobList() {
  const [{ key, kind, state }, narrow] = useAsked({ key: '', kind: '', state: '' });
  const kinds = useReading<Readonly<{ data: readonly { kind: string }[] }>>('/jobs/kinds?limit=100', kindsEveryMs);
  const pages = usePages<Job>(queried('/jobs', { key: useSettled(key.trim()), kind, state }));
  return (
    <section aria-labelledby="jobs">
      <h2 id="jobs">Jobs</h2>
      <div class="fields" role="search">
        <SearchField
          label="About"
          placeholder="an order, a payment, a symbol, an id"
          words={key}
          onWords={(words) => narrow({ key: words })}
        />
        <Chosen
          name="Kind"
          value={kind}
          options={kinds.value?.data.map((some) => some.kind) ?? []}
          none="any"
          onChoose={(chosen) => narrow({ kind: chosen })}
        />
        <Chosen
          name="State"
          value={state}
          options={states}
          none="any"
          onChoose={(chosen) => narrow({ state: chosen })}
        />
        <button type="button" onClick={pages.again}>
          Read again
        </button>
      </div>
      <Paged
        label="Jobs"
        pages={pages}
        keyOf={({ id }) => id}
        empty="There is no such job among the newest 3,000. Choose a kind and a state to look further back."
        columns={[
          { name: 'Kind', of: (job) => <a href={pathOf('jobs', job.id)}>{job.kind}</a> },
          { name: 'State', of: (job) => job.state },
          { name: 'Queue', of: (job) => job.queue },
          { name: 'Attempts', isFigure: true, of: (job) => job.attempts },
          { name: 'Since', of: (job) => formatMoment(job.created_at) },
          { name: 'Why', of: whyOf },
        ]}
      />
    </section>
  );
}
