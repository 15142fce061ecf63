import { useState } from 'preact/hooks';
import { askOnce } from '../api/ask-api.ts';
import { usePages } from '../api/use-pages.ts';
import type { User } from '../api/use-session.ts';
import { pathOf } from '../frame/address.ts';
import type { Fields } from '../parts/fields.ts';
import { DeedForm } from '../parts/deed-form.tsx';
import { formatMoment } from '../parts/moment.ts';
import { Paged } from '../parts/paged.tsx';
import { queried } from '../parts/queried.ts';
import { ShownOnce } from '../parts/shown-once.tsx';
import type { Column } from '../parts/table.tsx';
import { wishesOf, WebhookFields } from './webhook-fields.tsx';
import { type NewWebhook, standingOf, type Webhook } from './webhook.ts';

/** All of one's own webhooks, or everybody's, and how each stands. */
export function WebhookList({ user }: Readonly<{ user: User }>) {
  const isAdmin = user.role === 'admin';
  const pages = usePages<Webhook>(queried('/webhooks', {}));
  const [made, setMade] = useState<NewWebhook>();
  const make = async (fields: Fields) => {
    const scope = fields.text('scope');
    const { answer } = await askOnce<NewWebhook>('/webhooks', { ...wishesOf(fields), ...(scope && { scope }) });
    setMade(answer);
    pages.again();
  };
  return (
    <>
      <section aria-labelledby="webhooks">
        <h2 id="webhooks">Webhooks</h2>
        <p class="faint">Events are posted to these addresses as they happen, signed, in order per subject.</p>
        {made && (
          <ShownOnce
            key={made.id}
            name={`The secret of ${made.url}`}
            value={made.secret}
            onDone={() => setMade(undefined)}
          />
        )}
        <Paged
          label="Webhooks"
          pages={pages}
          keyOf={({ id }) => id}
          empty="You have no webhooks."
          columns={isAdmin ? [...columns, { name: 'Owner', of: ({ user_id: id }) => `user ${id}` }] : columns}
        />
      </section>
      <section aria-labelledby="new-webhook">
        <h2 id="new-webhook">A new webhook</h2>
        <DeedForm label="A new webhook" button="Make the webhook" onSubmit={make}>
          <WebhookFields />
          {isAdmin && (
            <label>
              Whose orders
              <select name="scope">
                <option value="own">mine</option>
                <option value="all">everybody’s</option>
              </select>
            </label>
          )}
        </DeedForm>
      </section>
    </>
  );
}

const columns: readonly Column<Webhook>[] = [
  { name: 'Address', of: ({ id, url }) => <a href={pathOf('webhooks', id)}>{url}</a> },
  { name: 'For', of: ({ description }) => description ?? '' },
  { name: 'Events', of: ({ types }) => types.join(', ') || 'all' },
  { name: 'State', of: standingOf },
  { name: 'Last taken', of: ({ last_success_at: at }) => (at === null ? 'never' : formatMoment(at)) },
];
