import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { Endpoint } from './endpoint.ts';

/** What says of a message who has sent it, after the Standard Webhooks convention. */
export type Headers = Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>>;

/** How long the secret before signs as well after a change, ms. */
export const overlapMs = 24 * 3_600_000;

/** A new secret of an endpoint. */
export function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

type Secrets = Pick<Endpoint, 'secret' | 'previousSecret' | 'previousUntil'>;

/** Signs a message: with the secret, and with the one before as long as that counts. */
export function sign(message: Readonly<{ id: string; body: string }>, secrets: Secrets, at: Date): Headers {
  const { secret, previousSecret, previousUntil } = secrets;
  const counts = previousSecret && previousUntil && previousUntil > at ? [secret, previousSecret] : [secret];
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': counts.map((one) => new Webhook(one).sign(message.id, at, message.body)).join(' '),
  };
}
