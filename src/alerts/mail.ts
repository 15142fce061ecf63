import { type EntityManager, LockMode } from '@mikro-orm/mysql';
import type { z } from 'zod';
import { User } from '../entities/accounts.entity.ts';
import { AlertFiring, PriceAlert } from '../entities/alerts.entity.ts';
import type { Mail } from '../gateways/mail/mailer.ts';
import { presentOf } from '../mysql/present.ts';
import type { AlertRow } from './alert.ts';
import type { alertJobs } from './jobs.ts';
import { type Firing, movedBy } from './tell-firing.ts';

type Which = z.output<typeof alertJobs.mail.payload>;

const hourMs = 3_600_000;
// A price that goes to and fro around a level fills nobody's mailbox; streams and webhooks tell of the rest.
const mostAnHour = 20;

/**
 * The mail that tells of a firing, which counts as one of its owner's of this hour from then on, so that of many at once none is one too
 * many; one that has been begun before has its place already. Undefined when there is none to send: it was sent, its owner has left,
 * has not shown that the address is theirs, or has had enough mails this hour.
 */
export async function beginMail(tx: EntityManager, { alert_id: id, firing: number }: Which): Promise<Mail | undefined> {
  const plainly = { disableIdentityMap: true } as const;
  const alert = await tx.findOne(PriceAlert, id, plainly);
  if (!alert) return undefined;
  const { userId } = alert;
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE, ...plainly } as const;
  const user = await tx.findOne(User, { id: userId, deletedAt: null, emailConfirmedAt: { $ne: null } }, lock);
  const firing = await tx.findOne(AlertFiring, { alert: id, number, mailedAt: null }, plainly);
  if (!user || !firing) return undefined;
  const present = await presentOf(tx);
  const since = new Date(present.getTime() - hourMs);
  const hasPlace = firing.mailBegunAt ? firing.mailBegunAt > since : false;
  if (!hasPlace && (await mailsSince(tx, userId, since)) >= mostAnHour) return undefined;
  await tx.nativeUpdate(AlertFiring, { alert: id, number }, { mailBegunAt: present });
  return { to: user.email, subject: `${alert.symbol} is at ${firing.price}`, text: textOf(user.name, alert, firing) };
}

/**
 * Firings of the last hour of which no mail has been noted, up to so many, the newest first: those that are to be mailed, and those that
 * were too many then. Of one whose order is not placed yet it is told when that is known.
 */
export async function unmailedFirings(em: EntityManager, at: Date, most: number): Promise<readonly Which[]> {
  const rows = await em.find(
    AlertFiring,
    {
      mailedAt: null,
      firedAt: { $gt: new Date(at.getTime() - hourMs) },
      $or: [{ orderState: null }, { orderState: { $ne: 'waiting' } }],
    },
    { fields: ['alert', 'number'], orderBy: { firedAt: 'desc' }, limit: most, disableIdentityMap: true },
  );
  return rows.map(({ alert, number }) => ({ alert_id: alert, firing: number }));
}

/** How many mails to somebody have been begun since then, and not given up. The release before noted only those that were sent. */
export function mailsSince(em: EntityManager, userId: number, since: Date): Promise<number> {
  return em.count(AlertFiring, {
    userId,
    $or: [{ mailBegunAt: { $gt: since } }, { mailBegunAt: null, mailedAt: { $gt: since } }],
  });
}

/** Notes that the mail is with the mail server. */
export async function noteMailed(tx: EntityManager, { alert_id, firing: number }: Which, at: Date): Promise<void> {
  await tx.nativeUpdate(AlertFiring, { alert: alert_id, number }, { mailedAt: at });
}

/** Gives the place among the mails of the hour back: this one was not taken. */
export async function giveMailBack(tx: EntityManager, { alert_id, firing: number }: Which): Promise<void> {
  await tx.nativeUpdate(AlertFiring, { alert: alert_id, number, mailedAt: null }, { mailBegunAt: null });
}

function textOf(name: string, alert: AlertRow, firing: Firing): string {
  const { reference, change_percent: change } = movedBy(firing);
  const how =
    alert.kind === 'percent'
      ? `${change} % from ${reference}, which is the move of ${alert.threshold} % that you wanted to be told of`
      : `${alert.kind} ${alert.threshold}, as you wanted to be told`;
  const order =
    firing.orderState === 'placed'
      ? `The order ${firing.orderId} has been placed for you.\n\n`
      : firing.orderState === 'refused'
        ? `No order was placed: ${firing.orderDetail}\n\n`
        : '';
  const end = alert.endedAt ? 'This alert fires no more.' : 'You are told again at the next such move.';
  return `Hello ${name},\n\nat ${firing.asOf.toISOString()} ${alert.symbol} was at ${firing.price}: ${how}.\n\n${order}${end}\n`;
}
