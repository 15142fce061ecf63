import { Migration } from '@mikro-orm/migrations';

export class Migration20261126141000_confirm_addresses extends Migration {

  override name = 'Migration20261126141000_confirm_addresses';

  override up(): void | Promise<void> {
    this.addSql(`create table \`verifications\` (\`id\` varchar(36) not null, \`purpose\` enum('reset','confirm') not null, \`email\` varchar(254) not null, \`hash\` varchar(64) null, \`created_at\` datetime(3) not null, \`expires_at\` datetime(3) not null, \`sent_at\` datetime(3) null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`verifications\` add index \`verifications_email_index\` (\`email\`);`);
    this.addSql(`alter table \`verifications\` add index \`verifications_expires_at_index\` (\`expires_at\`);`);
    this.addSql(`alter table \`verifications\` add unique \`verifications_hash_unique\` (\`hash\`);`);

    this.addSql(`alter table \`users\` add \`email_confirmed_at\` datetime(3) null;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists \`verifications\`;`);

    this.addSql(`alter table \`users\` drop column \`email_confirmed_at\`;`);
  }

}
