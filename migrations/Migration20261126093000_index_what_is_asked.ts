import { Migration } from '@mikro-orm/migrations';

/** By table, in the order in which they stand: what goes and what comes, each with its columns. */
const changes = [
  ['users', [], [['users_role_id_index', 'role, id']]],
  [
    'orders',
    [['orders_user_id_index', 'user_id'], ['orders_created_at_index', 'created_at']],
    [['orders_status_id_index', 'status, id']],
  ],
  ['payments', [['payments_user_id_index', 'user_id']], [['payments_status_id_index', 'status, id']]],
  ['refunds', [], [['refunds_created_at_id_index', 'created_at, id']]],
  ['order_lines', [['order_lines_order_id_index', 'order_id']], []],
] as const;

type Indexes = readonly (readonly [name: string, columns: string])[];

export class Migration20261126093000_index_what_is_asked extends Migration {

  override name = 'Migration20261126093000_index_what_is_asked';

  // The key of a user's lists begins with the user, and an order line's primary key with the order: foreign keys go by these.
  override up(): void | Promise<void> {
    for (const [table, goes, comes] of changes) this.exchange(table, goes, comes);
  }

  override down(): void | Promise<void> {
    for (const [table, goes, comes] of changes) this.exchange(table, comes, goes);
  }

  /** One statement a table, so that a large one is gone through once. */
  private exchange(table: string, goes: Indexes, comes: Indexes): void {
    const parts = [
      ...goes.map(([name]) => `drop index ${name}`),
      ...comes.map(([name, columns]) => `add index ${name} (${columns})`),
    ];
    this.addSql(`alter table ${table} ${parts.join(', ')};`);
  }

}
