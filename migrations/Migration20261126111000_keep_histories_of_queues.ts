import { Migration } from '@mikro-orm/migrations';

export class Migration20261126111000_keep_histories_of_queues extends Migration {

  override name = 'Migration20261126111000_keep_histories_of_queues';

  override up(): void | Promise<void> {
    this.addSql(`create table \`queue_minutes\` (\`minute\` datetime(3) not null, \`queue\` varchar(100) not null, \`length\` smallint unsigned not null, \`done\` int unsigned not null, \`failed\` int unsigned not null, primary key (\`minute\`, \`queue\`, \`length\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists \`queue_minutes\`;`);
  }

}
