import { useState } from 'preact/hooks';
import { ask } from '../api/ask-api.ts';
import { useReading } from '../api/use-reading.ts';
import { go, pathOf } from '../frame/address.ts';
import { DeedForm } from '../parts/deed-form.tsx';
import { formatMoment } from '../parts/moment.ts';
import { ShownOnce } from '../parts/shown-once.tsx';
import { Deliveries } from './deliveries.tsx';
import { WebhookDeeds } from './webhook-deeds.tsx';
import { wishesOf, WebhookFields } from './webhook-fields.tsx';
import { type ChangedWebhook, standingOf, type Webhook } from './webhook.ts';

const everyMs = 3_000;

/** One webhook: how it stands, what it is told, and what has become of that. */
export function WebhookPage({ id }: Readonly<{ id: string }>) {
  const path = `/webhooks/${encodeURIComponent(id)}`;
  // What is being deleted is not read again: it may be gone before that is answered.
  const [isEnding, setEnding] = useState(false);
  const { value: webhook, failure, read } = useReading<Webhook>(isEnding ? undefined : path, everyMs);
  const [secret, setSecret] = useState<string>();
  if (!webhook)
    return (
      <>
        <p role="alert">{failure?.status === 404 ? 'You have no such webhook.' : failure?.message}</p>
        {!failure && <p class="empty">Reading the webhook.</p>}
      </>
    );
  const change = async (wish: object) => {
    const changed = await ask<ChangedWebhook>('PATCH', path, wish);
    setSecret((old) => changed.secret ?? old);
    await read();
  };
  const end = async () => {
    setEnding(true);
    await ask<undefined>('DELETE', path).catch((error: unknown) => {
      setEnding(false);
      throw error;
    });
    go(pathOf('webhooks'));
  };
  return (
    <article aria-labelledby="webhook" data-webhook={webhook.id} data-status={webhook.status}>
      <h2 id="webhook">{webhook.url}</h2>
      <p role="alert">{failure?.message}</p>
      <p role="status">{webhook.notice && `It is paused. ${webhook.notice}`}</p>
      <Standing webhook={webhook} />
      {secret && <ShownOnce name="The new secret" value={secret} onDone={() => setSecret(undefined)} />}
      <WebhookDeeds webhook={webhook} path={path} onChange={change} onEnd={end} />
      <section aria-labelledby="filters">
        <h2 id="filters">What it is told</h2>
        <DeedForm
          label="What it is told"
          button="Save"
          onSubmit={(fields) => change(wishesOf(fields)).then(() => 'It is saved.')}
        >
          <WebhookFields webhook={webhook} />
        </DeedForm>
      </section>
      <Deliveries path={path} />
    </article>
  );
}

function Standing({ webhook }: Readonly<{ webhook: Webhook }>) {
  const moments = {
    Made: webhook.created_at,
    'Last taken': webhook.last_success_at,
    'Paused since': webhook.paused_at,
    'Next try': webhook.next_try_at,
    'The secret before signs until': webhook.previous_secret_until,
  };
  return (
    <dl class="facts">
      <div>
        <dt>State</dt>
        <dd>{standingOf(webhook)}</dd>
      </div>
      {Object.entries(moments).map(
        ([name, at]) =>
          at && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{formatMoment(at)}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
