import { Migration } from '@mikro-orm/migrations';

export class Migration20261122200000_initial extends Migration {

  override name = 'Migration20261122200000_initial';

  override up(): void | Promise<void> {
    this.addSql(`create table \`audit_entries\` (\`id\` varchar(36) not null, \`user_id\` int unsigned not null, \`action\` varchar(191) not null, \`queue\` varchar(100) null, \`job_id\` varchar(191) null, \`request_id\` varchar(36) not null, \`at\` datetime(3) not null, \`status\` smallint unsigned null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);

    this.addSql(`create table \`company_profiles\` (\`symbol\` varchar(32) not null, \`ticker\` varchar(32) not null, \`name\` varchar(255) not null, \`country\` varchar(100) null, \`currency\` varchar(10) null, \`estimate_currency\` varchar(10) null, \`exchange\` varchar(255) null, \`industry\` varchar(255) null, \`ipo\` varchar(10) null, \`logo\` varchar(2000) null, \`market_capitalization\` numeric(30,10) null, \`phone\` varchar(50) null, \`share_outstanding\` numeric(30,10) null, \`website\` varchar(2000) null, \`observed_at\` datetime(3) not null, \`source\` varchar(20) not null, primary key (\`symbol\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);

    this.addSql(`create table \`crypto_data\` (\`id\` bigint unsigned not null auto_increment primary key, \`symbol\` varchar(32) not null, \`job_id\` varchar(64) not null, \`current\` numeric(20,8) not null, \`change\` numeric(20,8) null, \`change_percent\` numeric(20,8) null, \`high\` numeric(20,8) not null, \`low\` numeric(20,8) not null, \`open\` numeric(20,8) not null, \`previous_close\` numeric(20,8) not null, \`quoted_at\` int unsigned not null, \`observed_at\` datetime(3) not null, \`source\` varchar(20) not null) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`crypto_data\` add index \`crypto_data_symbol_observed_at_index\` (\`symbol\`, \`observed_at\`);`);
    this.addSql(`alter table \`crypto_data\` add unique \`crypto_data_job_id_unique\` (\`job_id\`);`);

    this.addSql(`create table \`dead_letters\` (\`id\` varchar(36) not null, \`kind\` varchar(100) not null, \`job_id\` varchar(191) not null, \`payload\` text not null, \`reason\` varchar(1000) not null, \`attempts\` int unsigned not null, \`died_at\` datetime(3) not null, \`replayed_at\` datetime(3) null, \`replay_job_id\` varchar(36) null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`dead_letters\` add index \`dead_letters_kind_index\` (\`kind\`);`);
    this.addSql(`alter table \`dead_letters\` add unique \`dead_letters_job_id_unique\` (\`job_id\`);`);
    this.addSql(`alter table \`dead_letters\` add index \`dead_letters_replayed_at_index\` (\`replayed_at\`);`);

    this.addSql(`create table \`event_log\` (\`position\` bigint unsigned not null auto_increment primary key, \`id\` varchar(36) not null, \`stream\` varchar(50) not null, \`type\` varchar(100) not null, \`subject\` varchar(100) not null, \`version\` int unsigned not null, \`data\` text not null, \`at\` datetime(3) not null) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`event_log\` add unique \`event_log_id_unique\` (\`id\`);`);
    this.addSql(`alter table \`event_log\` add index \`event_log_stream_position_index\` (\`stream\`, \`position\`);`);
    this.addSql(`alter table \`event_log\` add index \`event_log_subject_position_index\` (\`subject\`, \`position\`);`);
    this.addSql(`alter table \`event_log\` add unique \`event_log_stream_subject_version_unique\` (\`stream\`, \`subject\`, \`version\`);`);

    this.addSql(`create table \`event_versions\` (\`stream\` varchar(50) not null, \`subject\` varchar(100) not null, \`version\` int unsigned not null, primary key (\`stream\`, \`subject\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);

    this.addSql(`create table \`forex_rates\` (\`id\` bigint unsigned not null auto_increment primary key, \`base\` varchar(3) not null, \`publication\` varchar(64) not null, \`rates\` json not null, \`as_of\` datetime(3) not null, \`observed_at\` datetime(3) not null, \`source\` varchar(20) not null) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`forex_rates\` add index \`forex_rates_base_as_of_index\` (\`base\`, \`as_of\`);`);
    this.addSql(`alter table \`forex_rates\` add unique \`forex_rates_base_publication_unique\` (\`base\`, \`publication\`);`);

    this.addSql(`create table \`gateway_calls\` (\`id\` varchar(36) not null, \`order_id\` varchar(36) not null, \`subject_id\` varchar(36) not null, \`operation\` enum('charge','look_up','cancel','refund','webhook') not null, \`started_at\` datetime(3) not null, \`ended_at\` datetime(3) null, \`outcome\` varchar(30) null, \`detail\` varchar(500) null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`gateway_calls\` add index \`gateway_calls_order_id_index\` (\`order_id\`);`);

    this.addSql(`create table \`idempotency_keys\` (\`user_id\` int unsigned not null, \`key\` varchar(255) not null, \`fingerprint\` char(64) not null, \`status\` smallint unsigned not null, \`location\` varchar(500) null, \`body\` text not null, \`created_at\` datetime(3) not null, primary key (\`user_id\`, \`key\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`idempotency_keys\` add index \`idempotency_keys_created_at_index\` (\`created_at\`);`);

    this.addSql(`create table \`market_news\` (\`symbol\` varchar(32) not null, \`provider_id\` bigint unsigned not null, \`published_at\` int unsigned not null, \`category\` varchar(100) not null, \`headline\` text not null, \`image\` text not null, \`related\` varchar(255) not null, \`publisher\` varchar(255) not null, \`summary\` text not null, \`url\` text not null, \`source\` varchar(20) not null, primary key (\`symbol\`, \`provider_id\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`market_news\` add index \`market_news_symbol_published_at_index\` (\`symbol\`, \`published_at\`);`);

    this.addSql(`create table \`news_coverage\` (\`symbol\` varchar(32) not null, \`from_day\` varchar(10) not null, \`to_day\` varchar(10) not null, \`observed_at\` datetime(3) not null, \`source\` varchar(20) not null, primary key (\`symbol\`, \`from_day\`, \`to_day\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);

    this.addSql(`create table \`outbox_messages\` (\`id\` varchar(36) not null, \`name\` varchar(100) not null, \`stream\` varchar(50) null, \`subject\` varchar(100) null, \`version\` int unsigned null, \`body\` text not null, \`created_at\` datetime(3) not null, \`lease_until\` datetime(3) not null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`outbox_messages\` add index \`outbox_messages_lease_until_index\` (\`lease_until\`);`);
    this.addSql(`alter table \`outbox_messages\` add index \`outbox_messages_stream_subject_version_index\` (\`stream\`, \`subject\`, \`version\`);`);

    this.addSql(`create table \`products\` (\`id\` int unsigned not null auto_increment primary key, \`source\` varchar(100) not null default 'local', \`external_id\` varchar(64) null, \`title\` varchar(300) not null, \`description\` text null, \`category\` varchar(100) null, \`image\` varchar(2000) null, \`rating_rate\` numeric(5,2) null, \`rating_count\` int unsigned null, \`price_minor\` bigint unsigned not null, \`currency\` char(3) not null, \`stock\` int unsigned null, \`feed_hash\` varchar(64) null, \`created_at\` datetime(3) not null default current_timestamp(3), \`updated_at\` datetime(3) not null default current_timestamp(3), \`deleted_at\` datetime(3) null) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`products\` add index \`products_category_id_index\` (\`category\`, \`id\`);`);
    this.addSql(`alter table \`products\` add unique \`products_source_external_id_unique\` (\`source\`, \`external_id\`);`);

    this.addSql(`create table \`settings\` (\`name\` varchar(100) not null, \`value\` varchar(1000) not null, \`changed_by\` int unsigned not null, \`changed_at\` datetime(3) not null, primary key (\`name\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);

    this.addSql(`create table \`stock_quotes\` (\`id\` bigint unsigned not null auto_increment primary key, \`symbol\` varchar(32) not null, \`job_id\` varchar(64) not null, \`current\` numeric(20,8) not null, \`change\` numeric(20,8) null, \`change_percent\` numeric(20,8) null, \`high\` numeric(20,8) not null, \`low\` numeric(20,8) not null, \`open\` numeric(20,8) not null, \`previous_close\` numeric(20,8) not null, \`quoted_at\` int unsigned not null, \`observed_at\` datetime(3) not null, \`source\` varchar(20) not null) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`stock_quotes\` add index \`stock_quotes_symbol_observed_at_index\` (\`symbol\`, \`observed_at\`);`);
    this.addSql(`alter table \`stock_quotes\` add unique \`stock_quotes_job_id_unique\` (\`job_id\`);`);

    this.addSql(`create table \`users\` (\`id\` int unsigned not null auto_increment primary key, \`email\` varchar(254) not null, \`name\` varchar(200) not null, \`role\` enum('user','operator','admin') not null default 'user', \`password_hash\` varchar(255) not null, \`created_at\` datetime(3) not null default current_timestamp(3), \`deleted_at\` datetime(3) null) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`users\` add unique \`users_email_unique\` (\`email\`);`);

    this.addSql(`create table \`tokens\` (\`id\` varchar(36) not null, \`user_id\` int unsigned not null, \`hash\` varchar(64) not null, \`created_at\` datetime(3) not null default current_timestamp(3), \`expires_at\` datetime(3) not null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`tokens\` add index \`tokens_user_id_index\` (\`user_id\`);`);
    this.addSql(`alter table \`tokens\` add unique \`tokens_hash_unique\` (\`hash\`);`);
    this.addSql(`alter table \`tokens\` add index \`tokens_expires_at_index\` (\`expires_at\`);`);

    this.addSql(`create table \`orders\` (\`id\` varchar(36) not null, \`user_id\` int unsigned not null, \`status\` enum('pending','paid','payment_failed','cancelled','partially_refunded','refunded') not null, \`total_minor\` bigint unsigned not null, \`refunded_minor\` bigint unsigned not null default '0', \`currency\` char(3) not null, \`fx_rate\` varchar(40) null, \`fx_source\` varchar(20) null, \`fx_as_of\` datetime(3) null, \`created_at\` datetime(3) not null, \`paid_at\` datetime(3) null, \`waiting_since\` datetime(3) null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`orders\` add index \`orders_user_id_index\` (\`user_id\`);`);
    this.addSql(`alter table \`orders\` add index \`orders_created_at_index\` (\`created_at\`);`);
    this.addSql(`alter table \`orders\` add index \`orders_waiting_since_index\` (\`waiting_since\`);`);
    this.addSql(`alter table \`orders\` add index \`orders_user_id_id_index\` (\`user_id\`, \`id\`);`);

    this.addSql(`create table \`payments\` (\`id\` varchar(36) not null, \`order_id\` varchar(36) not null, \`user_id\` int unsigned not null, \`live_order_id\` varchar(36) null, \`status\` enum('processing','succeeded','failed','requires_action','unknown','canceled') not null, \`method\` varchar(255) not null, \`amount_minor\` bigint unsigned not null, \`currency\` char(3) not null, \`gateway\` varchar(20) not null, \`gateway_key\` varchar(36) not null, \`gateway_reference\` varchar(255) null, \`client_secret\` varchar(255) null, \`failure_code\` varchar(100) null, \`failure_detail\` varchar(500) null, \`created_at\` datetime(3) not null, \`charging_at\` datetime(3) null, \`last_call_at\` datetime(3) null, \`calls\` int unsigned not null, \`settled_at\` datetime(3) null, \`job_id\` varchar(36) not null, \`review_at\` datetime(3) null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`payments\` add index \`payments_order_id_index\` (\`order_id\`);`);
    this.addSql(`alter table \`payments\` add index \`payments_user_id_index\` (\`user_id\`);`);
    this.addSql(`alter table \`payments\` add unique \`payments_live_order_id_unique\` (\`live_order_id\`);`);
    this.addSql(`alter table \`payments\` add unique \`payments_gateway_key_unique\` (\`gateway_key\`);`);
    this.addSql(`alter table \`payments\` add unique \`payments_gateway_reference_unique\` (\`gateway_reference\`);`);
    this.addSql(`alter table \`payments\` add index \`payments_review_at_index\` (\`review_at\`);`);
    this.addSql(`alter table \`payments\` add index \`payments_user_id_id_index\` (\`user_id\`, \`id\`);`);

    this.addSql(`create table \`refunds\` (\`id\` varchar(36) not null, \`order_id\` varchar(36) not null, \`payment_id\` varchar(36) not null, \`status\` enum('processing','succeeded','failed','unknown') not null, \`amount_minor\` bigint unsigned not null, \`currency\` char(3) not null, \`gateway_key\` varchar(36) not null, \`gateway_reference\` varchar(255) null, \`failure_code\` varchar(100) null, \`failure_detail\` varchar(500) null, \`created_at\` datetime(3) not null, \`charging_at\` datetime(3) null, \`last_call_at\` datetime(3) null, \`calls\` int unsigned not null, \`settled_at\` datetime(3) null, \`job_id\` varchar(36) not null, \`review_at\` datetime(3) null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`refunds\` add index \`refunds_order_id_index\` (\`order_id\`);`);
    this.addSql(`alter table \`refunds\` add index \`refunds_payment_id_index\` (\`payment_id\`);`);
    this.addSql(`alter table \`refunds\` add unique \`refunds_gateway_key_unique\` (\`gateway_key\`);`);
    this.addSql(`alter table \`refunds\` add unique \`refunds_gateway_reference_unique\` (\`gateway_reference\`);`);
    this.addSql(`alter table \`refunds\` add index \`refunds_review_at_index\` (\`review_at\`);`);

    this.addSql(`create table \`order_lines\` (\`order_id\` varchar(36) not null, \`position\` smallint unsigned not null, \`product_id\` int unsigned not null, \`title\` varchar(300) not null, \`quantity\` int unsigned not null, \`held\` int unsigned not null, \`unit_price_minor\` bigint unsigned not null, \`line_total_minor\` bigint unsigned not null, \`fx_rate\` varchar(40) null, primary key (\`order_id\`, \`position\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`order_lines\` add index \`order_lines_order_id_index\` (\`order_id\`);`);

    this.addSql(`create table \`order_history\` (\`id\` bigint unsigned not null auto_increment primary key, \`order_id\` varchar(36) not null, \`subject\` enum('order','payment','refund') not null, \`subject_id\` varchar(36) not null, \`from_status\` varchar(30) null, \`to_status\` varchar(30) not null, \`reason\` varchar(200) null, \`at\` datetime(3) not null) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`order_history\` add index \`order_history_order_id_index\` (\`order_id\`);`);

    this.addSql(`create table \`watched_symbols\` (\`symbol\` varchar(32) not null, \`kind\` enum('stock','crypto') not null, \`every_seconds\` int unsigned not null, \`added_by\` int unsigned null, \`created_at\` datetime(3) not null, \`polled_at\` datetime(3) null, primary key (\`symbol\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);

    this.addSql(`alter table \`tokens\` add constraint \`tokens_user_id_foreign\` foreign key (\`user_id\`) references \`users\` (\`id\`) on delete cascade;`);

    this.addSql(`alter table \`orders\` add constraint \`orders_user_id_foreign\` foreign key (\`user_id\`) references \`users\` (\`id\`);`);

    this.addSql(`alter table \`payments\` add constraint \`payments_order_id_foreign\` foreign key (\`order_id\`) references \`orders\` (\`id\`);`);
    this.addSql(`alter table \`payments\` add constraint \`payments_user_id_foreign\` foreign key (\`user_id\`) references \`users\` (\`id\`);`);

    this.addSql(`alter table \`refunds\` add constraint \`refunds_order_id_foreign\` foreign key (\`order_id\`) references \`orders\` (\`id\`);`);
    this.addSql(`alter table \`refunds\` add constraint \`refunds_payment_id_foreign\` foreign key (\`payment_id\`) references \`payments\` (\`id\`);`);

    this.addSql(`alter table \`order_lines\` add constraint \`order_lines_order_id_foreign\` foreign key (\`order_id\`) references \`orders\` (\`id\`);`);

    this.addSql(`alter table \`order_history\` add constraint \`order_history_order_id_foreign\` foreign key (\`order_id\`) references \`orders\` (\`id\`);`);
  }

  // Before it there is nothing: going back takes everything that was stored along.
  override down(): void | Promise<void> {
    this.addSql(`drop table \`watched_symbols\`;`);
    this.addSql(`drop table \`order_history\`;`);
    this.addSql(`drop table \`order_lines\`;`);
    this.addSql(`drop table \`refunds\`;`);
    this.addSql(`drop table \`payments\`;`);
    this.addSql(`drop table \`orders\`;`);
    this.addSql(`drop table \`tokens\`;`);
    this.addSql(`drop table \`users\`;`);
    this.addSql(`drop table \`stock_quotes\`;`);
    this.addSql(`drop table \`settings\`;`);
    this.addSql(`drop table \`products\`;`);
    this.addSql(`drop table \`outbox_messages\`;`);
    this.addSql(`drop table \`news_coverage\`;`);
    this.addSql(`drop table \`market_news\`;`);
    this.addSql(`drop table \`idempotency_keys\`;`);
    this.addSql(`drop table \`gateway_calls\`;`);
    this.addSql(`drop table \`forex_rates\`;`);
    this.addSql(`drop table \`event_versions\`;`);
    this.addSql(`drop table \`event_log\`;`);
    this.addSql(`drop table \`dead_letters\`;`);
    this.addSql(`drop table \`crypto_data\`;`);
    this.addSql(`drop table \`company_profiles\`;`);
    this.addSql(`drop table \`audit_entries\`;`);
  }

}
