import { defineEntity, p } from '@mikro-orm/mysql';

/** The answer to a request that carried an Idempotency-Key, stored in the transaction of the request's effect. */
export const IdempotencyKey = defineEntity({
  name: 'IdempotencyKey',
  tableName: 'idempotency_keys',
  properties: {
    /** Keys of different callers never meet. No foreign key: deleting an account must not wait for them. */
    userId: p.integer().unsigned().primary(),
    key: p.string().length(255).primary(),
    /** SHA-256 of method, path and body. */
    fingerprint: p.character().length(64),
    status: p.smallint().unsigned(),
    location: p.string().length(500).nullable(),
    /** The answer's bytes. */
    body: p.text().columnType('mediumtext'),
    createdAt: p.datetime(3).index(),
  },
});
