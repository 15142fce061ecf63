import { Migration } from '@mikro-orm/migrations';

export class Migration20261126110000_find_orders_by_amount extends Migration {

  override name = 'Migration20261126110000_find_orders_by_amount';

  override up(): void | Promise<void> {
    this.addSql(`alter table \`orders\` add index \`orders_currency_total_minor_index\` (\`currency\`, \`total_minor\`);`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`orders\` drop index \`orders_currency_total_minor_index\`;`);
  }

}
