import { defineEntity, p } from '@mikro-orm/mysql';
import { User } from './user.entity.ts';

/** A login. Only the SHA-256 of the opaque token is kept, so a stolen table opens nothing. */
export const Token = defineEntity({
  name: 'Token',
  tableName: 'tokens',
  properties: {
    id: p.uuid().primary(),
    user: () => p.manyToOne(User).mapToPk().deleteRule('cascade'),
    hash: p.string().length(64).unique(),
    createdAt: p.datetime(3).defaultRaw('current_timestamp(3)'),
    expiresAt: p.datetime(3).index(),
  },
});
