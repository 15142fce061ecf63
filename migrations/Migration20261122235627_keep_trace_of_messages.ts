import { Migration } from '@mikro-orm/migrations';

export class Migration20261122235627_keep_trace_of_messages extends Migration {

  override name = 'Migration20261122235627_keep_trace_of_messages';

  override up(): void | Promise<void> {
    this.addSql(`alter table \`outbox_messages\` add \`trace\` varchar(55) null;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`outbox_messages\` drop column \`trace\`;`);
  }

}
