import { Migration } from '@mikro-orm/migrations';

export class Migration20261126140000_give_programs_keys extends Migration {

  override name = 'Migration20261126140000_give_programs_keys';

  override up(): void | Promise<void> {
    this.addSql(`create table \`api_keys\` (\`id\` varchar(36) not null, \`user_id\` int unsigned not null, \`name\` varchar(200) not null, \`hash\` varchar(64) not null, \`start\` varchar(8) not null, \`scopes\` varchar(1000) not null, \`per_minute\` int unsigned null, \`created_at\` datetime(3) not null, \`expires_at\` datetime(3) null, \`last_used_at\` datetime(3) null, \`last_used_from\` varchar(64) null, \`replaces\` varchar(36) null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`api_keys\` add index \`api_keys_user_id_index\` (\`user_id\`);`);
    this.addSql(`alter table \`api_keys\` add index \`api_keys_expires_at_index\` (\`expires_at\`);`);
    this.addSql(`alter table \`api_keys\` add unique \`api_keys_hash_unique\` (\`hash\`);`);

    this.addSql(`alter table \`audit_entries\` add \`key_id\` varchar(36) null;`);

    this.addSql(`alter table \`api_keys\` add constraint \`api_keys_user_id_foreign\` foreign key (\`user_id\`) references \`users\` (\`id\`) on delete cascade;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists \`api_keys\`;`);

    this.addSql(`alter table \`audit_entries\` drop column \`key_id\`;`);
  }

}
