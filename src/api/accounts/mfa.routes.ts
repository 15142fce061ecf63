import { z } from '@hono/zod-openapi';
import type { EntityManager } from '@mikro-orm/mysql';
import { beginFactor, confirmFactor, endFactor, factorOf, takeCode } from '../../accounts/second-factor.ts';
import { RecoveryCode, Token } from '../../entities/accounts.entity.ts';
import { Problem } from '../../errors.ts';
import { audit } from '../callers/audit.ts';
import { checkPresentPassword, requireFreshLogin, wrongPassword } from '../callers/credentials.ts';
import { lockCaller, requireLiveLogin } from '../callers/live-login.ts';
import { principalOf } from '../callers/principal.ts';
import { countCodes } from '../callers/second-factor.ts';
import { defineRoute } from '../http/define-route.ts';
import { IntegerId } from '../http/fields.ts';
import { lockAccount, namedUser } from './users.routes.ts';

/** A code of an app, or a recovery code. */
export const Code = z.string().min(6).max(40);
const PresentPassword = z.string().min(1).max(1_024);

/** How the second factor of an account stands. */
export const FactorView = z
  .object({ is_active: z.boolean(), confirmed_at: z.string().nullable(), recovery_codes_left: z.int() })
  .openapi('SecondFactor');
const exampleFactor = { is_active: true, confirmed_at: '2026-11-22T10:00:00.000Z', recovery_codes_left: 10 };

const read = defineRoute(
  'user',
  {
    method: 'get',
    path: '/auth/mfa',
    operationId: 'readSecondFactor',
    summary: 'Whether one has a second factor, and how many recovery codes are left.',
    tags: ['auth'],
    responses: {
      200: {
        description: 'How it stands.',
        content: { 'application/json': { schema: FactorView, example: exampleFactor } },
      },
    },
  },
  async (c) => {
    const { userId } = principalOf(c);
    const em = c.var.ctx.orm.em.fork();
    const confirmedAt = (await factorOf(em, userId))?.confirmedAt?.toISOString() ?? null;
    const left = await em.count(RecoveryCode, { userId });
    return c.json({ is_active: confirmedAt !== null, confirmed_at: confirmedAt, recovery_codes_left: left }, 200);
  },
);

const Begin = z.strictObject({ password: PresentPassword }).openapi('SecondFactorBegin');
/** What an app needs to make codes. */
export const Enrolment = z
  .object({ secret: z.string(), uri: z.string().openapi({ description: 'To be shown as a QR code.' }) })
  .openapi('SecondFactorEnrolment');
const exampleEnrolment = {
  secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
  uri: 'otpauth://totp/Orderflow:ada%40example.com?issuer=Orderflow&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
};

const begin = defineRoute(
  'user',
  {
    method: 'post',
    path: '/auth/mfa',
    operationId: 'beginSecondFactor',
    summary: 'Begins a second factor: a secret for an app that makes codes (TOTP).',
    tags: ['auth'],
    request: {
      body: {
        required: true,
        content: { 'application/json': { schema: Begin, example: { password: 'a long sentence' } } },
      },
    },
    responses: {
      201: {
        description: 'What the app needs; it is asked of nobody until a first code confirms it.',
        content: { 'application/json': { schema: Enrolment, example: exampleEnrolment } },
      },
      401: { description: 'bad_credentials, unauthenticated' },
      409: { description: 'second_factor_active' },
    },
  },
  async (c) => {
    const presentHash = await checkPresentPassword(c, c.req.valid('json').password);
    const { userId } = principalOf(c);
    const { transaction, now } = c.var.ctx;
    const enrolment = await transaction(async (tx) => {
      // Locked, so that of two who begin at once the second finds the secret of the first.
      const { email, passwordHash } = await lockCaller(c, tx);
      if (passwordHash !== presentHash) throw wrongPassword();
      await audit(c, tx, { subject: userId });
      return beginFactor(tx, userId, email, now());
    });
    c.header('cache-control', 'no-store');
    return c.json(enrolment, 201);
  },
);

const Confirm = z.strictObject({ code: Code }).openapi('SecondFactorCode');
const RecoveryCodes = z.object({ recovery_codes: z.array(z.string()) }).openapi('RecoveryCodes');

const confirm = defineRoute(
  'user',
  {
    method: 'post',
    path: '/auth/mfa/confirm',
    operationId: 'confirmSecondFactor',
    summary: "Makes the second factor the account's, by a first code, and ends all other logins.",
    tags: ['auth'],
    request: {
      body: { required: true, content: { 'application/json': { schema: Confirm, example: { code: '123456' } } } },
    },
    responses: {
      200: {
        description: 'Codes for who has lost their phone, shown this once; each is good once.',
        content: {
          'application/json': { schema: RecoveryCodes, example: { recovery_codes: ['3f1c-09ab-77de-51a0-c4e2'] } },
        },
      },
      401: { description: 'bad_code, unauthenticated' },
      409: { description: 'second_factor_inactive' },
    },
  },
  async (c) => {
    const { userId, tokenHash } = principalOf(c);
    const { transaction, now } = c.var.ctx;
    const confirming = async (tx: EntityManager) => {
      await lockCaller(c, tx);
      const made = await confirmFactor(tx, userId, c.req.valid('json').code, now());
      if (!made) return undefined;
      await tx.nativeDelete(Token, { user: userId, hash: { $ne: tokenHash } });
      await tx.nativeUpdate(Token, { hash: tokenHash }, { isTwoFactor: true });
      await audit(c, tx, { subject: userId, before: { second_factor: false }, after: { second_factor: true } });
      return made;
    };
    const codes = await countCodes(c, userId, () => transaction(confirming));
    c.var.logins.forget(userId);
    c.header('cache-control', 'no-store');
    return c.json({ recovery_codes: codes }, 200);
  },
);

const End = z.strictObject({ password: PresentPassword, code: Code }).openapi('SecondFactorEnd');

const end = defineRoute(
  'user',
  {
    method: 'post',
    path: '/auth/mfa/end',
    operationId: 'endSecondFactor',
    summary: "Ends one's own second factor, and its recovery codes.",
    tags: ['auth'],
    request: {
      body: {
        required: true,
        content: {
          'application/json': { schema: End, example: { password: 'a long sentence', code: '123456' } },
        },
      },
    },
    responses: {
      204: { description: 'The password alone logs in from now on.' },
      401: { description: 'bad_credentials, bad_code, unauthenticated' },
      409: { description: 'second_factor_inactive' },
    },
  },
  async (c) => {
    const { password, code } = c.req.valid('json');
    const { userId } = principalOf(c);
    const presentHash = await checkPresentPassword(c, password);
    const { transaction, now } = c.var.ctx;
    const ending = async (tx: EntityManager) => {
      if ((await lockCaller(c, tx)).passwordHash !== presentHash) throw wrongPassword();
      if (!(await factorOf(tx, userId))) throw new Problem('second_factor_inactive', 'You have no second factor.');
      if (!(await takeCode(tx, userId, code, now()))) return undefined;
      await audit(c, tx, { subject: userId, before: { second_factor: true }, after: { second_factor: false } });
      return endFactor(tx, userId);
    };
    await countCodes(c, userId, () => transaction(ending));
    c.var.logins.forget(userId);
    return c.body(null, 204);
  },
);

const endOfOther = defineRoute(
  'admin',
  {
    method: 'delete',
    path: '/users/{id}/mfa',
    operationId: 'endSecondFactorOfUser',
    summary: "Ends somebody else's second factor, for who has lost phone and recovery codes, and all their logins.",
    tags: ['users'],
    request: { params: z.object({ id: IntegerId }) },
    responses: {
      204: { description: 'The password alone logs them in.' },
      403: { description: 'forbidden, fresh_login_required' },
      409: { description: 'second_factor_inactive' },
    },
  },
  async (c) => {
    const { id } = await namedUser(c);
    requireFreshLogin(c);
    if (id === principalOf(c).userId) throw new Problem('forbidden', 'End your own with POST /auth/mfa/end.');
    await c.var.ctx.transaction(async (tx) => {
      await lockAccount(tx, id);
      await requireLiveLogin(c, tx);
      if (!(await endFactor(tx, id))) throw new Problem('second_factor_inactive', 'They have no second factor.');
      await tx.nativeDelete(Token, { user: id });
      await audit(c, tx, { before: { second_factor: true }, after: { second_factor: false } });
    });
    c.var.logins.forget(id);
    return c.body(null, 204);
  },
  namedUser,
);

/** The second factor of an account. */
export const routes = [read, begin, confirm, end, endOfOther];
