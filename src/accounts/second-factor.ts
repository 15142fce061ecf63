import { randomBytes } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/mysql';
import { Secret, TOTP } from 'otpauth';
import { RecoveryCode, SecondFactor, Token } from '../entities/accounts.entity.ts';
import { Problem } from '../errors.ts';
import { hashToken } from './tokens.ts';

const issuer = 'Orderflow';
const stepMs = 30_000;
// A clock may go wrong by half a minute.
const window = 1;
const recoveryCodes = 10;
const sixDigits = /^\d{6}$/;
const plainly = { disableIdentityMap: true } as const;

/** What an app needs to make codes: the secret, and the address that is shown as a QR code. */
export type Enrolment = Readonly<{ secret: string; uri: string }>;

/** Begins a second factor; one that was begun and never confirmed is forgotten. @throws Problem second_factor_active */
export async function beginFactor(tx: EntityManager, userId: number, email: string, at: Date): Promise<Enrolment> {
  await tx.nativeDelete(SecondFactor, { userId, confirmedAt: null });
  if ((await tx.count(SecondFactor, { userId })) > 0)
    throw new Problem('second_factor_active', 'You have a second factor; end it before you begin another.');
  const secret = new Secret({ size: 20 });
  await tx.insert(SecondFactor, { userId, secret: secret.base32, createdAt: at });
  return { secret: secret.base32, uri: new TOTP({ issuer, label: email, secret }).toString() };
}

/** Makes a factor that was begun the account's, by a first code; undefined when the code is wrong. Returns the recovery codes. */
export async function confirmFactor(tx: EntityManager, userId: number, code: string, at: Date) {
  const begun = await tx.findOne(SecondFactor, { userId, confirmedAt: null }, plainly);
  if (!begun) throw new Problem('second_factor_inactive', 'Begin with POST /auth/mfa.');
  if (!(await takeTotp(tx, begun, code, at))) return undefined;
  await tx.nativeUpdate(SecondFactor, { userId }, { confirmedAt: at });
  await tx.nativeDelete(RecoveryCode, { userId });
  const codes = Array.from({ length: recoveryCodes }, newRecoveryCode);
  await tx.insertMany(
    RecoveryCode,
    codes.map((one) => ({ hash: hashCode(userId, one), userId, createdAt: at })),
  );
  return codes;
}

/** The factor of an account, once it is confirmed. */
export async function factorOf(em: EntityManager, userId: number) {
  return (await em.findOne(SecondFactor, { userId, confirmedAt: { $ne: null } }, plainly)) ?? undefined;
}

/** Takes a code of the account's app, or one of its recovery codes; each once, however many come with it. */
export async function takeCode(tx: EntityManager, userId: number, code: string, at: Date): Promise<boolean> {
  const factor = await factorOf(tx, userId);
  if (!factor) return false;
  if (await takeTotp(tx, factor, code, at)) return true;
  return (await tx.nativeDelete(RecoveryCode, { hash: hashCode(userId, code), userId })) > 0;
}

/** Ends a factor and its recovery codes; whether there was one. */
export async function endFactor(tx: EntityManager, userId: number): Promise<boolean> {
  await tx.nativeDelete(RecoveryCode, { userId });
  await tx.nativeUpdate(Token, { user: userId }, { isTwoFactor: false });
  return (await tx.nativeDelete(SecondFactor, { userId })) > 0;
}

type Factor = Readonly<{ userId: number; secret: string }>;

async function takeTotp(tx: EntityManager, { userId, secret }: Factor, code: string, at: Date): Promise<boolean> {
  // Digits as wide as those of Asian keyboards are digits. Of anything else the library compares the bytes, and throws at their number.
  const token = code.normalize('NFKC').replaceAll(/\s/g, '');
  if (!sixDigits.test(token)) return false;
  const timestamp = at.getTime();
  const delta = TOTP.validate({ token, secret: Secret.fromBase32(secret), timestamp, window });
  if (delta === null) return false;
  const lastStep = Math.floor(timestamp / stepMs) + delta;
  // Of two who come with one code at once, one finds it taken; so does who has looked over a shoulder.
  const isNewer = { $or: [{ lastStep: null }, { lastStep: { $lt: lastStep } }] };
  return (await tx.nativeUpdate(SecondFactor, { userId, ...isNewer }, { lastStep })) > 0;
}

/** 80 random bits, as people can copy them. */
function newRecoveryCode(): string {
  const hex = randomBytes(10).toString('hex');
  return (hex.match(/.{4}/g) ?? []).join('-');
}

function hashCode(userId: number, code: string): string {
  return hashToken(`${userId} ${code.trim().toLowerCase()}`);
}
