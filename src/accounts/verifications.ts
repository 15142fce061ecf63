import { hash, randomBytes, randomUUIDv7 } from 'node:crypto';
import { type EntityManager, LockMode, raw } from '@mikro-orm/mysql';
import { User, Verification, verificationPurposes } from '../entities/accounts.entity.ts';
import { hashToken } from './tokens.ts';

/** What a mail is for. */
export type Purpose = (typeof verificationPurposes)[number];

const minuteMs = 60_000;
/** How long a link is good, ms. A password's is short: whoever has the mail has the account. */
const lastsMs: Readonly<Record<Purpose, number>> = { reset: 30 * minuteMs, confirm: 24 * 60 * minuteMs };
// Nobody's mailbox is filled by others. Most of these links are good, so that nobody is kept from a new password either; those that were
// ended count until they would have been over, or whoever has an account with somebody else's address would end them and ask for more.
const mostLinks = 5;
// Beyond them, where none is good: often enough for whom an address belongs to, and no flood where somebody else ends them on purpose.
const restMs = 5 * minuteMs;

/** Stores the wish for a mail to this address, whether anybody has it or not, and returns its id for the job that sends it. */
export async function askForMail(tx: EntityManager, purpose: Purpose, email: string, at: Date): Promise<string> {
  const id = randomUUIDv7();
  const expiresAt = new Date(at.getTime() + lastsMs[purpose]);
  await tx.insert(Verification, { id, purpose, email, createdAt: at, expiresAt });
  return id;
}

/** The ids of mails that have been asked for, are of use still, and have not been sent, up to so many: the last to expire first. */
export async function unsentMails(em: EntityManager, at: Date, most: number): Promise<readonly string[]> {
  const rows = await em.find(
    Verification,
    { sentAt: null, expiresAt: { $gt: at } },
    { fields: ['id'], orderBy: { expiresAt: 'desc' }, limit: most, disableIdentityMap: true },
  );
  return rows.map(({ id }) => id);
}

/** A mail to be sent, with the token that its link carries; the name is that of a person who is known to have the address. */
export type MailDue = Readonly<{ purpose: Purpose; email: string; name: string | undefined; token: string }>;

/**
 * Makes the token of a mail, of which the hash is stored. Undefined when there is nothing to send: it has been sent, nobody has the
 * address, it has had enough mails, or the address is confirmed already.
 */
export async function prepareMail(tx: EntityManager, id: string, at: Date): Promise<MailDue | undefined> {
  const due = { id, sentAt: null };
  const wish = await tx.findOne(Verification, due, { disableIdentityMap: true });
  if (!wish) return undefined;
  const { purpose, email } = wish;
  // Mails to one address wait for each other here, and one that is still being sent counts: its link may be there already.
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE, disableIdentityMap: true } as const;
  const user = await tx.findOne(User, { email, deletedAt: null }, lock);
  const isDue = user && (purpose === 'reset' || !user.emailConfirmedAt);
  if (!isDue || (await hasEnough(tx, wish, at))) {
    await tx.nativeDelete(Verification, due);
    return undefined;
  }
  const token = randomBytes(32).toString('base64url');
  const expiresAt = new Date(at.getTime() + lastsMs[purpose]);
  // The links of the address may have been ended while this waited for it.
  if ((await tx.nativeUpdate(Verification, due, { hash: hashToken(token), expiresAt })) === 0) return undefined;
  // Anybody opens an account with somebody else's address; what they call themselves there is not mailed to that person.
  return { purpose, email, name: user.emailConfirmedAt ? user.name : undefined, token };
}

/** Whoever has an account with somebody else's address ends all of its links for a new password: that person gets others, now and then. */
async function hasEnough(
  tx: EntityManager,
  { id, purpose, email }: Readonly<{ id: string; purpose: Purpose; email: string }>,
  at: Date,
): Promise<boolean> {
  const others = { id: { $ne: id }, email: { $in: [email, markOf(email)] }, purpose };
  const mailed = { ...others, hash: { $ne: null }, expiresAt: { $gt: at } };
  const asked = { fields: ['email', 'createdAt'], disableIdentityMap: true } as const;
  const links = await tx.find(Verification, mailed, asked);
  if (links.length < mostLinks) return false;
  const isRecent = links.some(({ createdAt }) => at.getTime() - createdAt.getTime() < restMs);
  return purpose === 'confirm' || isRecent || links.some((link) => link.email === email);
}

/** Notes that the mail is with the mail server. */
export async function noteSent(tx: EntityManager, id: string, at: Date): Promise<void> {
  await tx.nativeUpdate(Verification, { id }, { sentAt: at });
}

/** Whether a token could be used at this moment: what is asked before work that is only for those who have one. */
export async function isGoodLink(em: EntityManager, purpose: Purpose, token: string, at: Date): Promise<boolean> {
  return (await em.count(Verification, { purpose, hash: hashToken(token), expiresAt: { $gt: at } })) > 0;
}

/**
 * Uses a token up, with every other of its kind for the address, and returns whose it was, whose row is locked; undefined when it is
 * none.
 */
export async function redeem(tx: EntityManager, purpose: Purpose, token: string, at: Date) {
  const good = { purpose, hash: hashToken(token), expiresAt: { $gt: at } };
  const found = await tx.findOne(Verification, good, { disableIdentityMap: true });
  if (!found) return undefined;
  const { email } = found;
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE, disableIdentityMap: true } as const;
  const user = await tx.findOne(User, { email, deletedAt: null }, lock);
  // Of two who come with it at once, one finds it gone; so does who comes while the password or the address is changed.
  if (!user || (await tx.nativeDelete(Verification, good)) === 0) return undefined;
  // Whoever has the mail has the mailbox: what was sent there is no longer counted.
  await tx.nativeDelete(Verification, { purpose, email: { $in: [email, markOf(email)] } });
  return user;
}

/**
 * Ends the links that an address has been mailed, and those that it is to be mailed. The former go on being counted, by a mark of the
 * address, which itself is kept no longer.
 */
export async function endLinks(
  tx: EntityManager,
  email: string,
  at: Date,
  purposes: readonly Purpose[] = verificationPurposes,
): Promise<void> {
  const ended = { purpose: { $in: [...purposes] }, email };
  // No token has such a hash; and a mail that is on its way still is not tried again.
  const worthless = raw("concat('ended ', id)");
  const mailed = { ...ended, hash: { $ne: null } };
  await tx.nativeUpdate(Verification, mailed, { email: markOf(email), hash: worthless, sentAt: at });
  // A wish that has come since is one of these: it has been mailed to nobody.
  await tx.nativeDelete(Verification, ended);
}

/** Stands for an address where it is kept no longer; no address reads like that. */
function markOf(email: string): string {
  return `ended ${hash('sha256', email)}`;
}
