import { Migration } from '@mikro-orm/migrations';

export class Migration20261126143000_say_where_logins_are extends Migration {

  override name = 'Migration20261126143000_say_where_logins_are';

  override up(): void | Promise<void> {
    this.addSql(`alter table \`tokens\` add \`device\` varchar(200) null, add \`address\` varchar(64) null;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`tokens\` drop column \`device\`, drop column \`address\`;`);
  }

}
