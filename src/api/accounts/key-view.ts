import { z } from '@hono/zod-openapi';
import type { InferEntity } from '@mikro-orm/mysql';
import { isScope, scopeNames } from '../../accounts/scopes.ts';
import type { ApiKey } from '../../entities/accounts.entity.ts';

const view = {
  id: z.string(),
  user_id: z.int().openapi({ description: 'For whom it acts.' }),
  name: z.string(),
  scopes: z.array(z.enum(scopeNames)),
  start: z.string().openapi({ description: 'What the key begins with.' }),
  per_minute: z.int().nullable().openapi({ description: "Its own limit of requests; null: its owner's alone." }),
  created_at: z.string(),
  expires_at: z.string().nullable(),
  last_used_at: z.string().nullable().openapi({ description: 'To the minute.' }),
  last_used_from: z.string().nullable().openapi({ description: 'From which address.' }),
  replaces: z.string().nullable().openapi({ description: 'The key that it takes over from.' }),
};

/** A key as the API shows one: never the key itself. */
export const KeyView = z.object(view).openapi('ApiKey');

/** A key that has just been made: this once with the key itself. */
export const NewKeyView = z
  .object({ ...view, key: z.string().openapi({ description: 'Shown this once; only its hash is kept.' }) })
  .openapi('NewApiKey');

type KeyRow = Omit<InferEntity<typeof ApiKey>, 'hash'>;

/** The view of a row. */
export function keyView(row: KeyRow): z.input<typeof KeyView> {
  return {
    id: row.id,
    user_id: row.user,
    name: row.name,
    scopes: row.scopes.split(' ').filter(isScope),
    start: row.start,
    per_minute: row.perMinute ?? null,
    created_at: row.createdAt.toISOString(),
    expires_at: row.expiresAt?.toISOString() ?? null,
    last_used_at: row.lastUsedAt?.toISOString() ?? null,
    last_used_from: row.lastUsedFrom ?? null,
    replaces: row.replaces ?? null,
  };
}

/** A key, as examples show one. */
export const exampleKey: z.input<typeof KeyView> = {
  id: '019341d2-0000-7000-8000-00000000000c',
  user_id: 1,
  name: 'Warehouse',
  scopes: ['orders:read'],
  start: 'ofk_4fQz',
  per_minute: null,
  created_at: '2026-11-22T10:00:00.000Z',
  expires_at: '2027-11-22T10:00:00.000Z',
  last_used_at: null,
  last_used_from: null,
  replaces: null,
};
