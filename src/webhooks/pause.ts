import { randomUUIDv7 } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/mysql';
import { User } from '../entities/accounts.entity.ts';
import { AuditEntry } from '../entities/ops.entity.ts';
import { WebhookEndpoint } from '../entities/webhooks.entity.ts';
import { originOf } from '../gateways/webhooks/public-address.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { webhookJobs } from './jobs.ts';

type Pause = Readonly<{ id: string; notice: string; at: Date }>;

/** Pauses an endpoint of the platform's own accord, which the audit and a mail to its owner tell. */
export async function pause(tx: EntityManager, after: AfterCommit, { id, notice, at }: Pause): Promise<void> {
  const paused = {
    status: 'paused',
    notice,
    pausedAt: at,
    failures: 0,
    retryAt: null,
    wakeAt: null,
    claim: null,
  } as const;
  await tx.nativeUpdate(WebhookEndpoint, { id }, paused);
  await tx.insert(AuditEntry, {
    ...ofThePlatform,
    id: randomUUIDv7(),
    requestId: randomUUIDv7(),
    action: 'pauseWebhook',
    subject: id,
    before: JSON.stringify({ status: 'active' }),
    after: JSON.stringify({ status: 'paused', notice }),
    at,
  });
  after.enqueue(webhookJobs.mailPaused, { webhook_id: id });
}

/** Nobody has asked for it, and nobody is answered. */
const ofThePlatform = {
  userId: null,
  keyId: null,
  address: null,
  queue: null,
  jobId: null,
  status: null,
  code: null,
} as const;

/** What the owner of a paused endpoint is told, and where. */
export type PausedNotice = Readonly<{ id: string; email: string; name: string; origin: string; notice: string }>;

/** What is to be mailed; undefined: it goes on already, or nobody has shown that the owner's address is theirs. */
export async function readPaused(em: EntityManager, id: string): Promise<PausedNotice | undefined> {
  const plainly = { disableIdentityMap: true } as const;
  const row = await em.findOne(WebhookEndpoint, { id, status: 'paused', deletedAt: null }, plainly);
  if (!row?.notice) return undefined;
  const whose = { id: row.userId, deletedAt: null, emailConfirmedAt: { $ne: null } };
  const owner = await em.findOne(User, whose, plainly);
  return owner
    ? { id, email: owner.email, name: owner.name, origin: originOf(row.url), notice: row.notice }
    : undefined;
}
