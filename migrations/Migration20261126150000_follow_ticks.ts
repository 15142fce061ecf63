import { Migration } from '@mikro-orm/migrations';

export class Migration20261126150000_follow_ticks extends Migration {

  override name = 'Migration20261126150000_follow_ticks';

  override up(): void | Promise<void> {
    this.addSql(`create table \`socket_leases\` (\`name\` varchar(32) not null, \`fence\` bigint unsigned not null, \`expires_at\` datetime(3) not null, primary key (\`name\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);

    this.addSql(`create table \`tick_minutes\` (\`symbol\` varchar(32) not null, \`began\` int unsigned not null, \`open\` numeric(30,18) not null, \`high\` numeric(30,18) not null, \`low\` numeric(30,18) not null, \`close\` numeric(30,18) not null, \`trades\` int unsigned not null, \`volume\` numeric(30,10) not null, \`first_ms\` int unsigned not null, \`last_ms\` int unsigned not null, primary key (\`symbol\`, \`began\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);

    this.addSql(`create table \`tick_seconds\` (\`symbol\` varchar(32) not null, \`began\` int unsigned not null, \`open\` numeric(30,18) not null, \`high\` numeric(30,18) not null, \`low\` numeric(30,18) not null, \`close\` numeric(30,18) not null, \`trades\` int unsigned not null, \`volume\` numeric(30,10) not null, \`first_ms\` int unsigned not null, \`last_ms\` int unsigned not null, primary key (\`symbol\`, \`began\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);

    this.addSql(`create table \`tick_spans\` (\`symbol\` varchar(32) not null, \`began_at\` datetime(3) not null, \`ended_at\` datetime(3) not null, \`fence\` bigint unsigned not null, primary key (\`symbol\`, \`began_at\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists \`socket_leases\`;`);
    this.addSql(`drop table if exists \`tick_minutes\`;`);
    this.addSql(`drop table if exists \`tick_seconds\`;`);
    this.addSql(`drop table if exists \`tick_spans\`;`);
  }

}
