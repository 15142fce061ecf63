import { Migration } from '@mikro-orm/migrations';

export class Migration20261126090000_keep_what_is_listed_about_companies extends Migration {

  override name = 'Migration20261126090000_keep_what_is_listed_about_companies';

  override up(): void | Promise<void> {
    this.addSql(`create table \`company_peers\` (\`id\` bigint unsigned not null auto_increment primary key, \`symbol\` varchar(32) not null, \`job_id\` varchar(64) not null, \`data\` json not null, \`observed_at\` datetime(3) not null, \`source\` varchar(20) not null) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`company_peers\` add index \`company_peers_symbol_observed_at_index\` (\`symbol\`, \`observed_at\`);`);
    this.addSql(`alter table \`company_peers\` add unique \`company_peers_job_id_unique\` (\`job_id\`);`);

    this.addSql(`create table \`earnings_calendars\` (\`id\` bigint unsigned not null auto_increment primary key, \`symbol\` varchar(32) not null, \`job_id\` varchar(64) not null, \`data\` json not null, \`observed_at\` datetime(3) not null, \`source\` varchar(20) not null) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`earnings_calendars\` add index \`earnings_calendars_symbol_observed_at_index\` (\`symbol\`, \`observed_at\`);`);
    this.addSql(`alter table \`earnings_calendars\` add unique \`earnings_calendars_job_id_unique\` (\`job_id\`);`);

    this.addSql(`create table \`recommendation_trends\` (\`id\` bigint unsigned not null auto_increment primary key, \`symbol\` varchar(32) not null, \`job_id\` varchar(64) not null, \`data\` json not null, \`observed_at\` datetime(3) not null, \`source\` varchar(20) not null) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`recommendation_trends\` add index \`recommendation_trends_symbol_observed_at_index\` (\`symbol\`, \`observed_at\`);`);
    this.addSql(`alter table \`recommendation_trends\` add unique \`recommendation_trends_job_id_unique\` (\`job_id\`);`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists \`company_peers\`;`);
    this.addSql(`drop table if exists \`earnings_calendars\`;`);
    this.addSql(`drop table if exists \`recommendation_trends\`;`);
  }

}
