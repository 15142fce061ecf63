import { randomBytes } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { EntityManager } from '@mikro-orm/mysql';
import type { Context as HonoContext } from 'hono';
import { stopWatchingForAlerts } from '../../alerts/watch-symbols.ts';
import { ApiKey, roles, User } from '../../entities/accounts.entity.ts';
import { PriceAlert } from '../../entities/alerts.entity.ts';
import { WebhookEndpoint } from '../../entities/webhooks.entity.ts';
import { Problem } from '../../errors.ts';
import { includesRole } from '../../accounts/scopes.ts';
import { requireAnotherAdministrator, endLoginsAndKeys, eraseUser } from '../../accounts/users.ts';
import { endLinks } from '../../accounts/verifications.ts';
import { audit, differing } from '../callers/audit.ts';
import {
  Email,
  NewPassword,
  PersonName,
  storeUser,
  checkPresentPassword,
  requireFreshLogin,
  wrongPassword,
} from '../callers/credentials.ts';
import { defineRoute } from '../http/define-route.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { givenFields, IntegerId } from '../http/fields.ts';
import { requireLiveLogin } from '../callers/live-login.ts';
import { principalOf } from '../callers/principal.ts';
import { mailAfter, sendsMails } from './mail.ts';
import { exampleUser, UserView, userView } from './user-view.ts';
import { accountOf, lockAccount, namedUser } from './users.routes.ts';

const params = z.object({ id: IntegerId });

const UserChange = z
  .strictObject({
    email: Email.optional(),
    name: PersonName.optional(),
    role: z
      .enum(roles)
      .optional()
      .openapi({ description: 'For administrators. A lesser one ends the keys of the account.' }),
    password: NewPassword.optional().openapi({
      description:
        "For administrators, of someone else's account, whose logins and keys it ends; one's own: POST /auth/password.",
    }),
    current_password: z
      .string()
      .min(1)
      .max(1_024)
      .optional()
      .openapi({ description: "Needed to change one's own e-mail." }),
  })
  .openapi('UserChange');

const change = defineRoute(
  'user',
  {
    method: 'patch',
    path: '/users/{id}',
    operationId: 'changeUser',
    summary: "Changes fields of one's own account; roles, and others' accounts, are for administrators.",
    tags: ['users'],
    request: {
      params,
      body: {
        required: true,
        content: { 'application/json': { schema: UserChange, example: { name: 'Ada Exemplar' } } },
      },
    },
    responses: {
      200: {
        description: 'The account as it is now.',
        content: { 'application/json': { schema: UserView, example: exampleUser } },
      },
      401: { description: 'bad_credentials, unauthenticated' },
      403: { description: 'forbidden, fresh_login_required' },
      409: { description: 'email_taken, last_administrator' },
    },
  },
  async (c) => {
    const id = accountOf(c, c.req.valid('param').id);
    const { password, current_password, ...wanted } = givenFields(c.req.valid('json'));
    const { userId, role } = principalOf(c);
    if (wanted.role !== undefined && role !== 'admin')
      throw new Problem('forbidden', 'Roles are given by administrators.');
    if (password !== undefined && id === userId)
      throw new Problem(
        'forbidden',
        'Change your own password with POST /auth/password, which asks for the present one.',
      );
    // A new password is mailed to whoever has the address.
    const isOthersEmail = wanted.email !== undefined && id !== userId;
    if (wanted.role !== undefined || password !== undefined || isOthersEmail) requireFreshLogin(c);
    const presentHash = await provenBy(c, wanted.email, current_password);
    const passwordHash =
      password === undefined ? undefined : await c.var.passwords.hash(password, c.var.limits.addressOf(c));
    const changed = await storeUser(
      c.var.ctx.transaction(async (tx, after) => {
        if (wanted.role !== undefined && wanted.role !== 'admin') await requireAnotherAdministrator(tx, id);
        const at = c.var.ctx.now();
        const user = await lockAccount(tx, id);
        await requireLiveLogin(c, tx);
        if (presentHash !== undefined && presentHash !== user.passwordHash) throw wrongPassword();
        const isElsewhere = wanted.email !== undefined && wanted.email !== user.email;
        const fields = {
          ...wanted,
          ...(passwordHash === undefined ? {} : { passwordHash }),
          ...(isElsewhere ? { emailConfirmedAt: null } : {}),
        };
        if (Object.keys(fields).length > 0) await tx.nativeUpdate(User, { id }, fields);
        if (passwordHash !== undefined) await endLoginsAndKeys(tx, id);
        else if (wanted.role !== undefined && !includesRole(wanted.role, user.role))
          await tx.nativeDelete(ApiKey, { user: id });
        if (wanted.role !== undefined && wanted.role !== 'admin') await endWebhooksOfAll(tx, id);
        if (isElsewhere) await endLinks(tx, user.email, at);
        else if (passwordHash !== undefined) await endLinks(tx, user.email, at, ['reset']);
        if (isElsewhere && wanted.email && sendsMails(c)) await mailAfter(tx, after, 'confirm', wanted.email, at);
        const stored = { ...user, ...wanted, ...(isElsewhere ? { emailConfirmedAt: null } : {}) };
        await audit(
          c,
          tx,
          differing(userView(user), { ...userView(stored), ...(password === undefined ? {} : { password }) }),
        );
        return stored;
      }),
    );
    c.var.logins.forget(id);
    return c.json(userView(changed), 200);
  },
  namedUser,
);

const remove = defineRoute(
  'user',
  {
    method: 'delete',
    path: '/users/{id}',
    operationId: 'deleteUser',
    summary: "Deletes one's own account, or as administrator anyone's. Orders stay, without personal data.",
    tags: ['users'],
    request: { params },
    responses: {
      204: { description: 'The account is gone, its logins and keys ended, its e-mail address free.' },
      403: { description: 'fresh_login_required' },
      409: { description: 'last_administrator' },
    },
  },
  async (c) => {
    const id = accountOf(c, c.req.valid('param').id);
    requireFreshLogin(c);
    const { transaction, market, now } = c.var.ctx;
    const unknownPasswordHash = await c.var.passwords.hash(
      randomBytes(32).toString('base64'),
      c.var.limits.addressOf(c),
    );
    await transaction(async (tx) => {
      await requireAnotherAdministrator(tx, id);
      const { role, email } = await lockAccount(tx, id);
      await requireLiveLogin(c, tx);
      const at = now();
      const endedAlerts = await eraseUser(tx, { userId: id, email, unknownPasswordHash, at });
      await audit(c, tx, { before: { role } });
      if (endedAlerts > 0) await stopWatchingForAlerts(tx, market.watchlist, at);
    });
    c.var.logins.forget(id);
    return c.body(null, 204);
  },
  namedUser,
);

/**
 * Who changes their own e-mail shows that it is them: whoever has it can ask for everything else of the account. The hash
 * that their password fits; undefined where it is not needed.
 */
async function provenBy(c: HonoContext<RouteEnv>, email: string | undefined, password: string | undefined) {
  if (email === undefined) return undefined;
  const user = await namedUser(c);
  if (email === user.email || user.id !== principalOf(c).userId) return undefined;
  if (password !== undefined) return checkPresentPassword(c, password);
  throw new Problem('invalid', 'A new e-mail address needs your present password.', {
    errors: [{ pointer: '/current_password', detail: 'is needed to change your e-mail' }],
  });
}

/**
 * Who administers no more is told nothing by webhooks of everybody's events: whoever tells one now stops, and alerts that name one would
 * tell nobody.
 */
async function endWebhooksOfAll(tx: EntityManager, userId: number): Promise<void> {
  const all = await tx.find(WebhookEndpoint, { userId, scope: 'all' }, { fields: ['id'], disableIdentityMap: true });
  if (all.length === 0) return;
  const webhookId = { $in: all.map(({ id }) => id) };
  await tx.nativeUpdate(WebhookEndpoint, { id: webhookId }, { claim: null });
  await tx.nativeUpdate(PriceAlert, { userId, webhookId }, { webhookId: null });
}

/** Accounts: changing and deleting them. */
export const routes = [change, remove];
