import { Migration } from '@mikro-orm/migrations';

export class Migration20261127182324_tell_webhooks_what_follows extends Migration {

  override name = 'Migration20261127182324_tell_webhooks_what_follows';

  override up(): void | Promise<void> {
    this.addSql(`alter table \`webhook_endpoints\` add \`since\` bigint unsigned not null default '0';`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`webhook_endpoints\` drop column \`since\`;`);
  }

}
