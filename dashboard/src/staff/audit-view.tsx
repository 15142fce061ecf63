import { usePages } from '../api/use-pages.ts';
import { useAsked } from '../frame/asked.ts';
import { mainId } from '../parts/hold-focus.ts';
import { formatMoment, spanOfDays } from '../parts/moment.ts';
import { Paged } from '../parts/paged.tsx';
import { queried } from '../parts/queried.ts';
import { useSettled } from '../parts/use-settled.ts';

type Entry = Readonly<{
  id: string;
  at: string;
  actor: number | null;
  address: string | null;
  action: string;
  subject: string | null;
  queue: string | null;
  before: object | null;
  after: object | null;
  status: number | null;
  code: string | null;
}>;

const nothing = { actor: '', action: '', subject: '', from: '', to: '' };
const labels = { actor: 'Who (id or e-mail)', action: 'What', subject: 'Of what', from: 'From', to: 'To' } as const;

/** Who has changed what, or tried to, and from where; newest first. */
export function AuditView() {
  const [asked, narrow] = useAsked(nothing);
  const settled = useSettled(asked);
  const pages = usePages<Entry>(queried('/audit', { ...settled, ...spanOfDays(settled) }));
  const field = (name: keyof typeof labels) => ({
    maxLength: 191,
    value: asked[name],
    onInput: ({ currentTarget: { value } }: { currentTarget: HTMLInputElement }) => narrow({ [name]: value.trim() }),
  });
  return (
    <main class="page" id={mainId}>
      <section aria-labelledby="audit">
        <h2 id="audit">Audit log</h2>
        <div class="fields" role="search">
          {(['actor', 'action', 'subject'] as const).map((name) => (
            <label key={name}>
              {labels[name]}
              <input {...field(name)} />
            </label>
          ))}
          {(['from', 'to'] as const).map((name) => (
            <label key={name}>
              {labels[name]}
              <input type="date" {...field(name)} />
            </label>
          ))}
        </div>
        <Paged
          label="Audit log"
          pages={pages}
          keyOf={({ id }) => id}
          empty="Nothing of that kind has happened."
          columns={[
            { name: 'When', of: ({ at }) => formatMoment(at) },
            { name: 'Who', of: ({ actor }) => (actor === null ? 'nobody known' : `user ${actor}`) },
            { name: 'From', of: ({ address }) => address ?? '' },
            { name: 'What', of: ({ action }) => action },
            { name: 'Of what', of: ({ subject, queue }) => [queue, subject].filter(Boolean).join(' ') },
            { name: 'Answer', of: ({ status, code }) => [status, code].filter(Boolean).join(' ') },
            { name: 'Change', of: (entry) => <Change entry={entry} /> },
          ]}
        />
      </section>
    </main>
  );
}

function Change({ entry: { before, after } }: Readonly<{ entry: Entry }>) {
  if (before === null && after === null) return null;
  return (
    <details>
      <summary>shown</summary>
      {before && <pre>before {JSON.stringify(before, undefined, 2)}</pre>}
      {after && <pre>after {JSON.stringify(after, undefined, 2)}</pre>}
    </details>
  );
}
