import type { z } from '@hono/zod-openapi';
import type { AlertView } from '../../../src/api/alerts/alert-view.ts';
import { ask } from '../api/ask-api.ts';
import { useDeed } from '../api/use-deed.ts';
import { useReading } from '../api/use-reading.ts';
import { pathOf } from '../frame/address.ts';
import { duration } from '../parts/duration.ts';
import { formatMoment } from '../parts/moment.ts';
import { Part } from '../parts/part.tsx';
import { formatPrice } from '../../../src/market/price-words.ts';
import { AlertForm } from './alert-form.tsx';

/** An alert, as the API shows it to its owner. */
export type Alert = z.output<typeof AlertView>;

const everyMs = 5_000;

/** A price that was clicked at in the chart, anew with each click. */
export type PickedPrice = Readonly<{ price: number }>;

type Shown = Readonly<{ symbol: string; price: number; picked: PickedPrice | undefined }>;

/** One's alerts on a symbol beside its chart, with what they last told, and a new one. */
export function SymbolAlerts({ symbol, price, picked }: Shown) {
  const path = `/market/alerts?limit=100&symbol=${encodeURIComponent(symbol)}`;
  const reading = useReading<Readonly<{ data: readonly Alert[] }>>(path, everyMs);
  const { isBusy, failure, run } = useDeed();
  const remove = (id: string) => run(() => ask('DELETE', `/market/alerts/${id}`).finally(() => void reading.read()));
  return (
    <Part id="alerts" title="Alerts" reading={reading}>
      {({ data }) => (
        <>
          {data.length === 0 && <p class="empty">You are told of no move of this price yet.</p>}
          <ul class="alerts">
            {data.map((alert) => (
              <li key={alert.id} data-alert={alert.id}>
                <span>{said(alert)}</span>
                <button type="button" aria-disabled={isBusy} onClick={() => void remove(alert.id)}>
                  Delete
                </button>
                <LastFiring alert={alert} />
              </li>
            ))}
          </ul>
          <p role="alert">{failure}</p>
          <AlertForm symbol={symbol} price={price} picked={picked} onMade={() => void reading.read()} />
        </>
      )}
    </Part>
  );
}

function said({ above, below, percent, once, status, order, polled_every_seconds: every }: Alert): string {
  const move = above !== null ? `above ${above}` : below !== null ? `below ${below}` : `a move of ${percent} %`;
  const ordering = order ? `, orders for at most ${order.max_total} ${order.currency}` : '';
  if (status === 'ended') return `${move}${ordering}, over`;
  return `${move}${once ? ', once' : ''}${ordering}, ${every === null ? 'not polled' : `polled every ${duration(every)}`}`;
}

function LastFiring({ alert: { fired } }: Readonly<{ alert: Alert }>) {
  const [last] = fired;
  if (!last) return null;
  const { price, as_of: at, order } = last;
  return (
    <p class="faint">
      Fired at {formatPrice(price)}, <time dateTime={at}>{formatMoment(at)}</time>
      {order?.status === 'waiting' && '; its order is being placed'}
      {order?.status === 'refused' && `; no order: ${order.detail ?? order.code}`}
      {order?.order_id && (
        <>
          ; <a href={pathOf('orders', order.order_id)}>its order</a>
        </>
      )}
    </p>
  );
}
