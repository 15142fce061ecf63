import { z } from '@hono/zod-openapi';
import { redeem } from '../../accounts/verifications.ts';
import { User } from '../../entities/accounts.entity.ts';
import { audit } from '../callers/audit.ts';
import { principalOf } from '../callers/principal.ts';
import { defineRoute } from '../http/define-route.ts';
import { acceptMail, badLink, LinkToken, MailAsked } from './mail.ts';

const accepted = { 'application/json': { schema: MailAsked, example: { status: 'accepted' as const } } };

const request = defineRoute(
  'user',
  {
    method: 'post',
    path: '/auth/confirm',
    operationId: 'requestConfirmation',
    summary: "Mails a link to one's own address, with which to confirm it.",
    tags: ['auth'],
    responses: {
      202: { description: 'It is on its way, unless the address is confirmed already.', content: accepted },
      503: { description: 'not_configured, unavailable' },
    },
  },
  async (c) => {
    const em = c.var.ctx.orm.em.fork();
    const { email } = await em.findOneOrFail(User, principalOf(c).userId, { disableIdentityMap: true });
    return c.json(await acceptMail(c, 'confirm', email), 202);
  },
);

const Confirmation = z.strictObject({ token: LinkToken }).openapi('Confirmation');

const finish = defineRoute(
  'public',
  {
    method: 'post',
    path: '/auth/confirm/finish',
    operationId: 'finishConfirmation',
    summary: 'Confirms an address with the token of a link.',
    tags: ['auth'],
    request: {
      body: {
        required: true,
        content: { 'application/json': { schema: Confirmation, example: { token: 'q1Yk2u7sT0b…NdXr5vJ8w' } } },
      },
    },
    responses: {
      204: { description: 'Confirmed; the link is used up.' },
      422: { description: 'invalid, link_not_good' },
    },
  },
  async (c) => {
    const { token } = c.req.valid('json');
    const { transaction, now } = c.var.ctx;
    await transaction(async (tx) => {
      const user = await redeem(tx, 'confirm', token, now());
      if (!user) throw badLink();
      const emailConfirmedAt = user.emailConfirmedAt ?? now();
      await tx.nativeUpdate(User, { id: user.id }, { emailConfirmedAt });
      const after = { email_confirmed_at: emailConfirmedAt.toISOString() };
      await audit(c, tx, { actor: user.id, subject: user.id, after });
    });
    return c.body(null, 204);
  },
);

/** Showing that an e-mail address is one's own. */
export const routes = [request, finish];
