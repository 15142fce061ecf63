import { randomUUIDv7 } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/mysql';
import { User } from '../entities/accounts.entity.ts';
import { AuditEntry } from '../entities/ops.entity.ts';
import { WebhookEndpoint } from '../entities/webhooks.entity.ts';
import type { Mail } from '../gateways/mail/mailer.ts';
import { originOf } from '../gateways/webhooks/public-address.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { webhookJobs } from './jobs.ts';

type Pause = Readonly<{ id: string; notice: string; at: Date }>;

/** Pauses an active endpoint of the platform's own accord, which the audit and a mail to its owner tell. */
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
  // Its owner may have deleted it, or paused it, meanwhile.
  if ((await tx.nativeUpdate(WebhookEndpoint, { id, status: 'active', deletedAt: null }, paused)) === 0) return;
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

// Longer than all attempts to mail it take; whether one was mailed is noted nowhere.
const mailedForMs = 600_000;

/** The ids of endpoints that the platform has paused so lately that their owners may not have been told, up to so many. */
export async function pausedOfLate(em: EntityManager, at: Date, most: number): Promise<readonly string[]> {
  const pausedAt = { $gt: new Date(at.getTime() - mailedForMs) };
  const rows = await em.find(
    WebhookEndpoint,
    { pausedAt, status: 'paused', notice: { $ne: null }, deletedAt: null },
    { fields: ['id'], orderBy: { pausedAt: 'desc' }, limit: most, disableIdentityMap: true },
  );
  return rows.map(({ id }) => id);
}

/** The mail to the owner of a paused endpoint; undefined: it goes on already, or nobody has shown that the address is theirs. */
export async function mailOfPause(em: EntityManager, id: string, publicUrl: string): Promise<Mail | undefined> {
  const plainly = { disableIdentityMap: true } as const;
  const row = await em.findOne(WebhookEndpoint, { id, status: 'paused', deletedAt: null }, plainly);
  if (!row?.notice) return undefined;
  const whose = { id: row.userId, deletedAt: null, emailConfirmedAt: { $ne: null } };
  const owner = await em.findOne(User, whose, plainly);
  if (!owner) return undefined;
  const what = `your webhook at ${originOf(row.url)} is paused.\n\n${row.notice}\n\n${publicUrl}/app/webhooks/${id}`;
  return { to: owner.email, subject: 'A webhook of yours is paused', text: `Hello ${owner.name},\n\n${what}\n` };
}
