import type { StagedFor } from '../frame/staged.ts';
import { mainId } from '../parts/hold-focus.ts';
import { WebhookList } from './webhook-list.tsx';
import { WebhookPage } from './webhook-page.tsx';

/** Addresses that are told of events, and the page of each. */
export function WebhooksView({ user, item }: StagedFor) {
  return (
    <main class="page" id={mainId}>
      {item === undefined ? <WebhookList user={user} /> : <WebhookPage id={item} />}
    </main>
  );
}
