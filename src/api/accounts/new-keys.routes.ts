import { randomUUIDv7 } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import type { Context as HonoContext } from 'hono';
import { endReplaced, grantedEnd, mintKey, requireRoomForKey, stillGood } from '../../accounts/api-keys.ts';
import { includesRole, type Scope, scopeNames, scopes } from '../../accounts/scopes.ts';
import { ApiKey } from '../../entities/accounts.entity.ts';
import { Problem } from '../../errors.ts';
import { latestMs, Time } from '../../process/moment.ts';
import { audit } from '../callers/audit.ts';
import { PersonName, requireFreshLogin } from '../callers/credentials.ts';
import { hashToken } from '../../accounts/tokens.ts';
import { requireLiveLogin } from '../callers/live-login.ts';
import { principalOf } from '../callers/principal.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { defineRoute } from '../http/define-route.ts';
import { publicUrlOf } from '../http/public-url.ts';
import { exampleKey, keyView, NewKeyView } from './key-view.ts';
import { KeyParams, namedKey, unknownKey } from './keys.routes.ts';

const ExpiresAt = Time.optional().openapi({ description: 'When it ends by itself; never, when left out.' });
const NewKey = z
  .strictObject({
    name: PersonName.openapi({ description: 'What you call it.' }),
    scopes: z.array(z.enum(scopeNames)).min(1).max(scopeNames.length),
    expires_at: ExpiresAt,
    per_minute: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .openapi({ description: "Its own limit of requests, within its owner's." }),
  })
  .openapi('ApiKeyRequest');
const { name, scopes: exampleScopes, expires_at } = exampleKey;
const made = {
  201: {
    description: 'The key, which is shown this once.',
    headers: z.object({ Location: z.string() }),
    content: {
      'application/json': {
        schema: NewKeyView,
        example: { ...exampleKey, key: 'ofk_4fQzr1T0Jm8eYhV2kLx9PbWcN7uSa5Gd0wKXyz' },
      },
    },
  },
  403: { description: 'forbidden, fresh_login_required' },
  409: { description: 'too_many_keys' },
};

const create = defineRoute(
  'user',
  {
    method: 'post',
    path: '/auth/keys',
    operationId: 'createKey',
    summary: 'Makes an API key, with which a program acts for you within its scopes.',
    tags: ['auth'],
    request: {
      body: {
        required: true,
        content: {
          'application/json': { schema: NewKey, example: { name, scopes: exampleScopes, expires_at } },
        },
      },
    },
    responses: made,
  },
  async (c) => {
    const wanted = c.req.valid('json');
    refuseBeyondRole(c, wanted.scopes);
    const expiresAt = endOfKey(c, wanted.expires_at);
    const granted = { name: wanted.name, scopes: [...new Set(wanted.scopes)].join(' '), expiresAt };
    const createdAt = c.var.ctx.now();
    return grant(c, { ...granted, perMinute: wanted.per_minute ?? null, createdAt, replaces: null });
  },
);

const Rotation = z
  .strictObject({
    overlap_seconds: z
      .int()
      .min(0)
      .max(30 * 86_400)
      .default(86_400)
      .openapi({ description: 'How long the old key goes on beside the new one.' }),
    expires_at: ExpiresAt.openapi({
      description: 'When the new key ends; as long after its making as the old one was to, when left out.',
    }),
  })
  .openapi('ApiKeyRotation');

const rotate = defineRoute(
  'user',
  {
    method: 'post',
    path: '/auth/keys/{id}/rotate',
    operationId: 'rotateKey',
    summary: 'Makes a key that takes over from another one, which ends a while later.',
    tags: ['auth'],
    request: {
      params: KeyParams,
      body: {
        required: false,
        content: { 'application/json': { schema: Rotation, example: { overlap_seconds: 3_600 } } },
      },
    },
    responses: made,
  },
  async (c) => {
    const { overlap_seconds, expires_at: wanted } = Rotation.parse(c.req.valid('json') ?? {});
    const old = await namedKey(c);
    const { id, name: called, scopes: same, perMinute = null, createdAt } = old;
    const end = grantedEnd(old);
    const at = c.var.ctx.now();
    const asLong = end ? new Date(Math.min(at.getTime() + (end.getTime() - createdAt.getTime()), latestMs)) : null;
    const expiresAt = wanted === undefined ? asLong : endOfKey(c, wanted);
    const oldEndsAt = new Date(at.getTime() + overlap_seconds * 1_000);
    const granted = { name: called, scopes: same, perMinute, createdAt: at, expiresAt, replaces: id };
    return grant(c, granted, async (tx) => {
      const own = { id, user: principalOf(c).userId, ...stillGood(c.var.ctx.now()) };
      if ((await tx.count(ApiKey, own)) === 0) throw unknownKey();
      await endReplaced(tx, old, { at, endsAt: oldEndsAt });
    });
  },
  namedKey,
);

type Granted = Pick<
  InferEntity<typeof ApiKey>,
  'name' | 'scopes' | 'perMinute' | 'createdAt' | 'expiresAt' | 'replaces'
>;

/** Stores a key and shows it this once. */
async function grant(
  c: HonoContext<RouteEnv>,
  granted: Granted,
  alongside: (tx: EntityManager) => Promise<void> = async () => {},
) {
  const { transaction, config } = c.var.ctx;
  requireFreshLogin(c);
  const { userId: user } = principalOf(c);
  const key = mintKey();
  const row = {
    ...granted,
    id: randomUUIDv7(),
    user,
    hash: hashToken(key),
    start: key.slice(0, 8),
    lastUsedAt: null,
    lastUsedFrom: null,
    replacedAt: null,
    grantedUntil: null,
  };
  const view = keyView(row);
  await transaction(async (tx) => {
    await requireRoomForKey(tx, user, row.createdAt);
    await requireLiveLogin(c, tx);
    await tx.insert(ApiKey, row);
    await alongside(tx);
    const { scopes: allowed, expires_at: endsAt, per_minute, replaces } = view;
    const after = { key: row.id, scopes: allowed, expires_at: endsAt, per_minute };
    await audit(c, tx, { subject: replaces ?? row.id, after });
  });
  c.var.logins.forget(user);
  c.header('location', publicUrlOf(config, `/auth/keys/${row.id}`));
  c.header('cache-control', 'no-store');
  return c.json({ ...view, key }, 201);
}

/** Nobody gives what they do not have. */
function refuseBeyondRole(c: HonoContext<RouteEnv>, wanted: readonly Scope[]): void {
  const beyond = wanted.find((scope) => !includesRole(principalOf(c).role, scopes[scope]));
  if (beyond) throw new Problem('forbidden', `Your role does not allow the scope ${beyond}.`);
}

function endOfKey(c: HonoContext<RouteEnv>, wanted: string | undefined): Date | null {
  if (wanted === undefined) return null;
  const endsAt = new Date(wanted);
  if (endsAt > c.var.ctx.now()) return endsAt;
  throw new Problem('invalid', 'The request does not fit its schema; see errors.', {
    errors: [{ pointer: '/expires_at', detail: 'must be in the future' }],
  });
}

/** Making API keys. */
export const routes = [create, rotate];
