import { z } from '@hono/zod-openapi';
import { endLoginsAndKeys } from '../../accounts/users.ts';
import { isGoodLink, redeem } from '../../accounts/verifications.ts';
import { User } from '../../entities/accounts.entity.ts';
import { audit } from '../callers/audit.ts';
import { Email, NewPassword } from '../callers/credentials.ts';
import { defineRoute } from '../http/define-route.ts';
import { acceptMail, badLink, LinkToken, MailAsked } from './mail.ts';

const accepted = { 'application/json': { schema: MailAsked, example: { status: 'accepted' as const } } };
const ResetWish = z.strictObject({ email: Email }).openapi('PasswordReset');

const request = defineRoute(
  'public',
  {
    method: 'post',
    path: '/auth/reset',
    operationId: 'requestPasswordReset',
    summary: 'Mails a link for a new password to an address, if somebody here has it.',
    tags: ['auth'],
    request: {
      body: {
        required: true,
        content: { 'application/json': { schema: ResetWish, example: { email: 'ada@example.com' } } },
      },
    },
    responses: {
      202: { description: 'Said whether or not somebody has the address.', content: accepted },
      503: { description: 'not_configured, unavailable' },
    },
  },
  async (c) => c.json(await acceptMail(c, 'reset', c.req.valid('json').email), 202),
);

const NewPasswordByLink = z.strictObject({ token: LinkToken, password: NewPassword }).openapi('PasswordByLink');

const finish = defineRoute(
  'public',
  {
    method: 'post',
    path: '/auth/reset/finish',
    operationId: 'finishPasswordReset',
    summary: 'Sets the password with the token of a link, and ends all logins and keys of the account.',
    tags: ['auth'],
    request: {
      body: {
        required: true,
        content: {
          'application/json': {
            schema: NewPasswordByLink,
            example: { token: 'q1Yk2u7sT0b…NdXr5vJ8w', password: 'an even longer one' },
          },
        },
      },
    },
    responses: {
      204: { description: 'Log in with the new password; the link is used up.' },
      422: { description: 'invalid, link_not_good' },
    },
  },
  async (c) => {
    const { token, password } = c.req.valid('json');
    const { orm, transaction, now } = c.var.ctx;
    if (!(await isGoodLink(orm.em.fork(), 'reset', token, now()))) throw badLink();
    const address = c.var.limits.addressOf(c);
    const passwordHash = await c.var.passwords.hash(password, address);
    const { id, email } = await transaction(async (tx) => {
      const user = await redeem(tx, 'reset', token, now());
      if (!user) throw badLink();
      // Whoever has the mail has the address.
      const emailConfirmedAt = user.emailConfirmedAt ?? now();
      await tx.nativeUpdate(User, { id: user.id }, { passwordHash, emailConfirmedAt });
      await endLoginsAndKeys(tx, user.id);
      await audit(c, tx, { actor: user.id, subject: user.id, after: { password } });
      return user;
    });
    c.var.logins.forget(id);
    // Whoever mistyped the old one here is not kept waiting with the new one.
    await c.var.attempts(email, address).forgive();
    return c.body(null, 204);
  },
);

/** A new password for who has forgotten theirs. */
export const routes = [request, finish];
