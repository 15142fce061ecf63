import { Migration } from '@mikro-orm/migrations';

const tables = ['crypto_data', 'stock_quotes'] as const;
const known = ['high', 'low', 'open', 'previous_close'] as const;
const changes = ['change', 'change_percent'] as const;

/** Eighteen decimals instead of eight, and null where the provider says nothing but the price. */
export class Migration20261126040100_keep_every_digit_of_prices extends Migration {

  override name = 'Migration20261126040100_keep_every_digit_of_prices';

  // A price of zero is what eight decimals have left of a smaller one: it was never said, and is taken away.
  override up(): void | Promise<void> {
    for (const table of tables) {
      this.addSql(`delete from \`${table}\` where \`current\` = 0;`);
      this.addSql(`alter table \`${table}\` ${columns('numeric(30,18)', 'null')};`);
    }
  }

  // What eight decimals cannot hold goes: digits, and prices of which none would be left. What was not known takes the price.
  override down(): void | Promise<void> {
    for (const table of tables) {
      this.addSql(`delete from \`${table}\` where \`current\` < 0.000000005;`);
      for (const column of known)
        this.addSql(`update \`${table}\` set \`${column}\` = \`current\` where \`${column}\` is null;`);
      this.addSql(`alter table \`${table}\` ${columns('numeric(20,8)', 'not null')};`);
    }
  }

}

function columns(type: string, besideThePrice: 'null' | 'not null'): string {
  const modified = [
    `modify \`current\` ${type} not null`,
    ...changes.map((column) => `modify \`${column}\` ${type} null`),
    ...known.map((column) => `modify \`${column}\` ${type} ${besideThePrice}`),
  ];
  return modified.join(', ');
}
