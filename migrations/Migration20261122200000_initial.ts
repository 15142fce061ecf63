import { Migration } from '@mikro-orm/migrations';

export class Migration20261122200000_initial extends Migration {

  override name = 'Migration20261122200000_initial';

  override up(): void | Promise<void> {
    this.addSql(`create table \`event_versions\` (\`stream\` varchar(50) not null, \`subject\` varchar(100) not null, \`version\` int unsigned not null, primary key (\`stream\`, \`subject\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);

    this.addSql(`create table \`outbox_messages\` (\`id\` varchar(36) not null, \`name\` varchar(100) not null, \`stream\` varchar(50) null, \`subject\` varchar(100) null, \`version\` int unsigned null, \`body\` text not null, \`created_at\` datetime(3) not null, \`lease_until\` datetime(3) not null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`outbox_messages\` add index \`outbox_messages_lease_until_index\` (\`lease_until\`);`);
    this.addSql(`alter table \`outbox_messages\` add index \`outbox_messages_stream_subject_version_index\` (\`stream\`, \`subject\`, \`version\`);`);

    this.addSql(`create table \`products\` (\`id\` int unsigned not null auto_increment primary key, \`title\` varchar(300) not null, \`price_minor\` bigint unsigned not null, \`currency\` char(3) not null, \`stock\` int unsigned null, \`created_at\` datetime(3) not null default current_timestamp(3)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);

    this.addSql(`create table \`stock_quotes\` (\`id\` bigint unsigned not null auto_increment primary key, \`symbol\` varchar(32) not null, \`job_id\` varchar(64) not null, \`current\` numeric(20,8) not null, \`change\` numeric(20,8) null, \`change_percent\` numeric(20,8) null, \`high\` numeric(20,8) not null, \`low\` numeric(20,8) not null, \`open\` numeric(20,8) not null, \`previous_close\` numeric(20,8) not null, \`quoted_at\` int unsigned not null, \`observed_at\` datetime(3) not null, \`source\` varchar(20) not null) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`stock_quotes\` add index \`stock_quotes_symbol_observed_at_index\` (\`symbol\`, \`observed_at\`);`);
    this.addSql(`alter table \`stock_quotes\` add unique \`stock_quotes_job_id_unique\` (\`job_id\`);`);

    this.addSql(`create table \`users\` (\`id\` int unsigned not null auto_increment primary key, \`email\` varchar(254) not null, \`name\` varchar(200) not null, \`role\` enum('user','operator','admin') not null default 'user', \`password_hash\` varchar(255) not null, \`created_at\` datetime(3) not null default current_timestamp(3)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`users\` add unique \`users_email_unique\` (\`email\`);`);

    this.addSql(`create table \`tokens\` (\`id\` varchar(36) not null, \`user_id\` int unsigned not null, \`hash\` varchar(64) not null, \`created_at\` datetime(3) not null default current_timestamp(3), \`expires_at\` datetime(3) not null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`tokens\` add index \`tokens_user_id_index\` (\`user_id\`);`);
    this.addSql(`alter table \`tokens\` add unique \`tokens_hash_unique\` (\`hash\`);`);
    this.addSql(`alter table \`tokens\` add index \`tokens_expires_at_index\` (\`expires_at\`);`);

    this.addSql(`create table \`orders\` (\`id\` varchar(36) not null, \`user_id\` int unsigned not null, \`status\` enum('pending','paid','payment_failed','cancelled','partially_refunded','refunded') not null default 'pending', \`total_minor\` bigint unsigned not null, \`currency\` char(3) not null, \`created_at\` datetime(3) not null, \`paid_at\` datetime(3) null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`orders\` add index \`orders_user_id_index\` (\`user_id\`);`);
    this.addSql(`alter table \`orders\` add index \`orders_created_at_index\` (\`created_at\`);`);
    this.addSql(`alter table \`orders\` add index \`orders_user_id_id_index\` (\`user_id\`, \`id\`);`);

    this.addSql(`create table \`payments\` (\`id\` varchar(36) not null, \`order_id\` varchar(36) not null, \`status\` enum('processing','succeeded','failed','requires_action','unknown','canceled') not null default 'processing', \`method\` varchar(255) not null, \`amount_minor\` bigint unsigned not null, \`currency\` char(3) not null, \`gateway\` varchar(20) not null, \`gateway_key\` varchar(36) not null, \`gateway_reference\` varchar(255) null, \`failure_code\` varchar(100) null, \`failure_detail\` varchar(500) null, \`created_at\` datetime(3) not null, \`settled_at\` datetime(3) null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`payments\` add index \`payments_order_id_index\` (\`order_id\`);`);
    this.addSql(`alter table \`payments\` add unique \`payments_gateway_key_unique\` (\`gateway_key\`);`);
    this.addSql(`alter table \`payments\` add unique \`payments_gateway_reference_unique\` (\`gateway_reference\`);`);

    this.addSql(`create table \`order_lines\` (\`order_id\` varchar(36) not null, \`position\` smallint unsigned not null, \`product_id\` int unsigned not null, \`title\` varchar(300) not null, \`quantity\` int unsigned not null, \`unit_price_minor\` bigint unsigned not null, \`line_total_minor\` bigint unsigned not null, primary key (\`order_id\`, \`position\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`order_lines\` add index \`order_lines_order_id_index\` (\`order_id\`);`);

    this.addSql(`create table \`order_history\` (\`id\` varchar(36) not null, \`order_id\` varchar(36) not null, \`from_status\` enum('pending','paid','payment_failed','cancelled','partially_refunded','refunded') null, \`to_status\` enum('pending','paid','payment_failed','cancelled','partially_refunded','refunded') not null, \`reason\` varchar(200) null, \`at\` datetime(3) not null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`order_history\` add index \`order_history_order_id_index\` (\`order_id\`);`);

    this.addSql(`alter table \`tokens\` add constraint \`tokens_user_id_foreign\` foreign key (\`user_id\`) references \`users\` (\`id\`) on delete cascade;`);

    this.addSql(`alter table \`orders\` add constraint \`orders_user_id_foreign\` foreign key (\`user_id\`) references \`users\` (\`id\`);`);

    this.addSql(`alter table \`payments\` add constraint \`payments_order_id_foreign\` foreign key (\`order_id\`) references \`orders\` (\`id\`);`);

    this.addSql(`alter table \`order_lines\` add constraint \`order_lines_order_id_foreign\` foreign key (\`order_id\`) references \`orders\` (\`id\`);`);

    this.addSql(`alter table \`order_history\` add constraint \`order_history_order_id_foreign\` foreign key (\`order_id\`) references \`orders\` (\`id\`);`);
  }

}
