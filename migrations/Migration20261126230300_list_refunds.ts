import { Migration } from '@mikro-orm/migrations';

export class Migration20261126230300_list_refunds extends Migration {

  override name = 'Migration20261126230300_list_refunds';

  override up(): void | Promise<void> {
    this.addSql(`alter table \`refunds\` add index \`refunds_status_id_index\` (\`status\`, \`id\`);`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`refunds\` drop index \`refunds_status_id_index\`;`);
  }

}
