import { useState } from 'preact/hooks';
import { askOnce, lossOf } from '../api/ask-api.ts';
import { awaitJob } from '../api/await-job.ts';
import { useDeed } from '../api/use-deed.ts';
import { usePages } from '../api/use-pages.ts';
import { useAsked } from '../frame/asked.ts';
import type { Job } from '../ops/job.ts';
import { Chosen } from '../parts/chosen.tsx';
import { DeedForm } from '../parts/deed-form.tsx';
import type { Fields } from '../parts/fields.ts';
import { formatMoment } from '../parts/moment.ts';
import { Paged } from '../parts/paged.tsx';
import { queried } from '../parts/queried.ts';
import type { Column } from '../parts/table.tsx';
import type { Delivery } from './webhook.ts';

const states: readonly Delivery['state'][] = ['waiting', 'retrying', 'delivered', 'expired'];

/** What was sent to a webhook and what waits for it, and how to have it sent once more. */
export function Deliveries({ path }: Readonly<{ path: string }>) {
  const [{ state }, narrow] = useAsked({ state: '' });
  const pages = usePages<Delivery>(queried(`${path}/deliveries`, { state }));
  const [said, setSaid] = useState('');
  const { isBusy, failure, run } = useDeed();
  const replay = async (wish: object) => {
    const once = await askOnce<Job>(`${path}/replay`, wish);
    await awaitJob(once.answer);
    pages.again();
    return lossOf(once);
  };
  return (
    <section aria-labelledby="deliveries">
      <div class="heading">
        <h2 id="deliveries">Deliveries</h2>
        <Chosen name="State" value={state} options={states} none="any" onChoose={(of) => narrow({ state: of })} />
      </div>
      <div class="deeds">
        <button type="button" onClick={pages.again}>
          Read again
        </button>
      </div>
      <p role="status">{said}</p>
      <p role="alert">{failure}</p>
      <Paged
        label="Deliveries"
        pages={pages}
        keyOf={({ event_id: id }) => id}
        empty="Nothing of that kind."
        columns={[...columns, again(isBusy, (id) => void run(async () => setSaid(await replay({ event_id: id }))))]}
      />
      <h3>Send again what happened in a time</h3>
      <DeedForm
        label="Send again"
        button="Send again"
        onSubmit={(fields) => replay(stretchOf(fields)).then((loss) => loss || 'What happened then is told again.')}
      >
        <label>
          From
          <input name="from" type="datetime-local" required />
        </label>
        <label>
          To; now, if nothing is said
          <input name="to" type="datetime-local" />
        </label>
      </DeedForm>
    </section>
  );
}

/** What is typed is a time of the reader's clock. */
function stretchOf(fields: Fields): object {
  const [from, to] = [fields.text('from'), fields.text('to')];
  return { from: new Date(from).toISOString(), ...(to && { to: new Date(to).toISOString() }) };
}

const columns: readonly Column<Delivery>[] = [
  { name: 'When', of: ({ created_at: at }) => formatMoment(at) },
  { name: 'Event', of: ({ type, event_id: id }) => <span title={id}>{type}</span> },
  { name: 'Of', of: ({ subject }) => <code>{subject}</code> },
  { name: 'State', of: ({ state }) => state },
  { name: 'Tries', isFigure: true, of: ({ attempts }) => attempts },
  { name: 'Answer', of: ({ response_status: status, error }) => status ?? error ?? '' },
  { name: 'Took', isFigure: true, of: ({ took_ms: tookMs }) => (tookMs === null ? '' : `${tookMs} ms`) },
  { name: 'Next try', of: ({ next_try_at: at }) => (at === null ? '' : formatMoment(at)) },
];

function again(isBusy: boolean, onReplay: (eventId: string) => void): Column<Delivery> {
  return {
    name: 'Again',
    of: ({ event_id: id, type, subject }) => (
      <button
        type="button"
        aria-disabled={isBusy}
        aria-label={`Send again: ${type} of ${subject}`}
        onClick={() => onReplay(id)}
      >
        Send again
      </button>
    ),
  };
}
