import { defineEntity, p } from '@mikro-orm/mysql';

/** Something an administrator has decided that must outlive restarts and a lost Redis. */
export const Setting = defineEntity({
  name: 'Setting',
  tableName: 'settings',
  properties: {
    name: p.string().length(100).primary(),
    value: p.string().length(1000),
    /** Who decided it; no foreign key, because the decision outlives the account. */
    changedBy: p.integer().unsigned(),
    changedAt: p.datetime(3),
  },
});
