import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { Endpoint } from './endpoint.ts';

/** What says of a message who has sent it, after the Standard Webhooks convention. */
export type Headers = Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>>;

// How long the secret before signs as well after a change.
const overlapMs = 24 * 3_600_000;
// So many as a column of a hundred characters holds without their prefix.
const mostPrevious = 2;
const prefix = 'whsec_';

/** A new secret of an endpoint. */
export function newSecret(): string {
  return `${prefix}${randomBytes(32).toString('base64')}`;
}

type Secrets = Pick<Endpoint, 'secret' | 'previousSecret' | 'previousUntil'>;

/** What is stored when an endpoint gets a new secret: receivers may know the one before, and the one before that, for a day from now. */
export function rotated(secrets: Secrets, at: Date) {
  const before = [secrets.secret, ...previousOf(secrets, at)].map((one) => one.replace(prefix, ''));
  return {
    secret: newSecret(),
    previousSecret: before.slice(0, mostPrevious).join(' '),
    previousUntil: new Date(at.getTime() + overlapMs),
  };
}

/** The secrets before, as long as they count, the latest first. */
function previousOf({ previousSecret, previousUntil }: Secrets, at: Date): readonly string[] {
  return previousSecret && previousUntil && previousUntil > at ? previousSecret.split(' ') : [];
}

/** Signs a message: with the secret, and with those before as long as they count. */
export function sign(message: Readonly<{ id: string; body: string }>, secrets: Secrets, at: Date): Headers {
  const counts = [secrets.secret, ...previousOf(secrets, at)];
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': counts.map((one) => new Webhook(one).sign(message.id, at, message.body)).join(' '),
  };
}
