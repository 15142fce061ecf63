import { askOnce } from '../api/ask-api.ts';
import { useDeed } from '../api/use-deed.ts';
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
import type { Column } from '../parts/table.tsx';
import { ReplayMany } from './replay-many.tsx';
import type { DeadLetter } from './use-ops.ts';

const kindsEveryMs = 600_000;

/** Jobs that gave up: why, with what they were asked, and another chance for one, a kind, or all. */
export function DeadLettersView({ user }: Pick<StagedFor, 'user'>) {
  const mayReplay = user.role === 'admin';
  const [{ kind }, narrow] = useAsked({ kind: '' });
  const kinds = useReading<Readonly<{ data: readonly { kind: string }[] }>>('/jobs/kinds?limit=100', kindsEveryMs);
  const pages = usePages<DeadLetter>(queried('/dead-letters', { replayed: 'false', kind }));
  const { isBusy, failure, run } = useDeed();
  const replay = ({ id }: DeadLetter) =>
    void run(() => askOnce('/dead-letters/replay', { ids: [id], limit: 1 }).finally(pages.again));
  return (
    <main class="page" id={mainId}>
      <section aria-labelledby="dead">
        <h2 id="dead">Dead letters</h2>
        <div class="fields" role="search">
          <Chosen
            name="Kind"
            value={kind}
            options={kinds.value?.data.map((some) => some.kind) ?? []}
            none="any"
            onChoose={(chosen) => narrow({ kind: chosen })}
          />
          <button type="button" onClick={pages.again}>
            Read again
          </button>
        </div>
        {mayReplay && <ReplayMany key={kind} kind={kind} onDone={pages.again} />}
        <p role="alert">{failure}</p>
        <Paged
          label="Dead letters"
          pages={pages}
          keyOf={({ id }) => id}
          empty="No job has given up."
          columns={[...columns, ...(mayReplay ? [replayColumn(isBusy, replay)] : [])]}
        />
      </section>
    </main>
  );
}

const columns: readonly Column<DeadLetter>[] = [
  { name: 'Kind', of: (letter) => <a href={pathOf('jobs', letter.job_id)}>{letter.kind}</a> },
  { name: 'When', of: (letter) => formatMoment(letter.died_at) },
  { name: 'Tries', isFigure: true, of: (letter) => letter.attempts },
  { name: 'Why', of: (letter) => letter.reason },
  { name: 'Asked', of: (letter) => <code>{JSON.stringify(letter.payload)}</code> },
];

function replayColumn(isBusy: boolean, onReplay: (letter: DeadLetter) => void): Column<DeadLetter> {
  return {
    name: 'Again',
    of: (letter) => (
      <button
        type="button"
        aria-disabled={isBusy}
        aria-label={`Replay ${letter.kind}`}
        onClick={() => onReplay(letter)}
      >
        Replay
      </button>
    ),
  };
}
