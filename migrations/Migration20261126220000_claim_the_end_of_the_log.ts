import { Migration } from '@mikro-orm/migrations';

export class Migration20261126220000_claim_the_end_of_the_log extends Migration {

  override name = 'Migration20261126220000_claim_the_end_of_the_log';

  override up(): void | Promise<void> {
    this.addSql(`alter table \`event_log_end\` add \`claim\` varchar(36) null;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`event_log_end\` drop column \`claim\`;`);
  }

}
