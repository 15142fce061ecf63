import { Migration } from '@mikro-orm/migrations';

export class Migration20261126180000_keep_calls_by_lane extends Migration {

  override name = 'Migration20261126180000_keep_calls_by_lane';

  override up(): void | Promise<void> {
    this.addSql(`create table \`budget_minutes\` (\`minute\` datetime(3) not null, \`lane\` varchar(50) not null, \`calls\` int unsigned not null, primary key (\`minute\`, \`lane\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists \`budget_minutes\`;`);
  }

}
