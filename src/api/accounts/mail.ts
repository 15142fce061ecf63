import type { EntityManager } from '@mikro-orm/mysql';
import { z } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import { askForMail, type Purpose } from '../../accounts/verifications.ts';
import { Problem } from '../../errors.ts';
import { sendVerification } from '../../jobs/accounts/send-verification.job.ts';
import type { AfterCommit } from '../../outbox/after-commit.ts';
import { audit } from '../callers/audit.ts';
import type { RouteEnv } from '../callers/route-env.ts';

/** The token of a link that was mailed. */
export const LinkToken = z.string().min(20).max(200);

/** What is answered to whoever asks for a mail: the same, whoever has the address, or nobody. */
export const MailAsked = z.object({ status: z.literal('accepted') }).openapi('MailAsked');

/** Asks for a mail once the transaction commits. Who has the address is looked up by the job, which nobody waits for. */
export async function mailAfter(tx: EntityManager, after: AfterCommit, purpose: Purpose, email: string, at: Date) {
  after.enqueue(sendVerification, { verification_id: await askForMail(tx, purpose, email, at) });
}

/** Whether this deployment sends mails. */
export function sendsMails(c: HonoContext<RouteEnv>): boolean {
  return c.var.ctx.config.SMTP_URL !== undefined;
}

/** Takes the wish for a mail. @throws Problem not_configured without a mail server, too_many_requests */
export async function acceptMail(c: HonoContext<RouteEnv>, purpose: Purpose, email: string) {
  if (!sendsMails(c)) throw new Problem('not_configured', 'This deployment sends no mails.');
  await c.var.limits.countMail(c);
  const { transaction, now } = c.var.ctx;
  await transaction(async (tx, after) => {
    await mailAfter(tx, after, purpose, email, now());
    await audit(c, tx);
  });
  return { status: 'accepted' as const };
}

/** The token opens nothing. */
export function badLink(): Problem {
  return new Problem('link_not_good', 'This link has been used or is too old; ask for another mail.', {
    errors: [{ pointer: '/token', detail: 'is not good' }],
  });
}
