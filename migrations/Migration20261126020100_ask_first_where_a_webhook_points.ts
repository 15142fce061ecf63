import { Migration } from '@mikro-orm/migrations';

export class Migration20261126020100_ask_first_where_a_webhook_points extends Migration {

  override name = 'Migration20261126020100_ask_first_where_a_webhook_points';

  override up(): void | Promise<void> {
    this.addSql(`alter table \`payments\` add \`told_reference\` varchar(255) null;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`payments\` drop column \`told_reference\`;`);
  }

}
