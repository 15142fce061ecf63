import { Migration } from '@mikro-orm/migrations';

export class Migration20261126142000_ask_for_a_second_factor extends Migration {

  override name = 'Migration20261126142000_ask_for_a_second_factor';

  override up(): void | Promise<void> {
    this.addSql(`create table \`recovery_codes\` (\`hash\` varchar(64) not null, \`user_id\` int unsigned not null, \`created_at\` datetime(3) not null, primary key (\`hash\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`recovery_codes\` add index \`recovery_codes_user_id_index\` (\`user_id\`);`);

    this.addSql(`create table \`second_factors\` (\`user_id\` int unsigned not null, \`secret\` varchar(64) not null, \`created_at\` datetime(3) not null, \`confirmed_at\` datetime(3) null, \`last_step\` int unsigned null, primary key (\`user_id\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);

    this.addSql(`alter table \`tokens\` add \`is_two_factor\` tinyint(1) not null default false;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists \`recovery_codes\`;`);
    this.addSql(`drop table if exists \`second_factors\`;`);

    this.addSql(`alter table \`tokens\` drop column \`is_two_factor\`;`);
  }

}
