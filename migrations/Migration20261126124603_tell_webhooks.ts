import { Migration } from '@mikro-orm/migrations';

/** Whoever wants to be told of events by HTTP, what they are to be told, and how far the log has been gone through for them. */
export class Migration20261126124603_tell_webhooks extends Migration {

  override name = 'Migration20261126124603_tell_webhooks';

  override up(): void | Promise<void> {
    this.addSql(`create table \`webhook_cursor\` (\`id\` int unsigned not null, \`position\` bigint unsigned not null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    // What has happened before anybody could ask for it is told to nobody.
    this.addSql(`insert into \`webhook_cursor\` (\`id\`, \`position\`) select 1, \`position\` from \`event_log_end\` where \`id\` = 1;`);

    this.addSql(`create table \`webhook_deliveries\` (\`endpoint\` varchar(36) not null, \`position\` bigint unsigned not null, \`event_id\` varchar(36) not null, \`type\` varchar(100) not null, \`subject\` varchar(100) not null, \`state\` enum('waiting','retrying','delivered','expired') not null default 'waiting', \`attempts\` int unsigned not null default 0, \`response_status\` smallint unsigned null, \`error\` varchar(200) null, \`took_ms\` int unsigned null, \`failing_since\` datetime(3) null, \`due_at\` datetime(3) null, \`created_at\` datetime(3) not null, \`ended_at\` datetime(3) null, primary key (\`endpoint\`, \`position\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`webhook_deliveries\` add index \`webhook_deliveries_endpoint_state_position_index\` (\`endpoint\`, \`state\`, \`position\`);`);
    this.addSql(`alter table \`webhook_deliveries\` add index \`webhook_deliveries_ended_at_index\` (\`ended_at\`);`);

    this.addSql(`create table \`webhook_endpoints\` (\`id\` varchar(36) not null, \`user_id\` int unsigned not null, \`scope\` enum('own','all') not null, \`url\` varchar(2000) not null, \`description\` varchar(200) null, \`types\` varchar(3000) not null, \`symbols\` varchar(3000) not null, \`secret\` varchar(100) not null, \`previous_secret\` varchar(100) null, \`previous_until\` datetime(3) null, \`status\` enum('active','paused') not null default 'active', \`notice\` varchar(300) null, \`paused_at\` datetime(3) null, \`failures\` int unsigned not null default 0, \`retry_at\` datetime(3) null, \`succeeded_at\` datetime(3) null, \`wake_at\` datetime(3) null, \`claim\` varchar(36) null, \`again\` tinyint(1) not null default false, \`created_at\` datetime(3) not null, \`deleted_at\` datetime(3) null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`webhook_endpoints\` add index \`webhook_endpoints_user_id_id_index\` (\`user_id\`, \`id\`);`);
    this.addSql(`alter table \`webhook_endpoints\` add index \`webhook_endpoints_wake_at_index\` (\`wake_at\`);`);
    this.addSql(`alter table \`webhook_endpoints\` add index \`webhook_endpoints_paused_at_index\` (\`paused_at\`);`);
    this.addSql(`alter table \`webhook_endpoints\` add index \`webhook_endpoints_deleted_at_index\` (\`deleted_at\`);`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists \`webhook_cursor\`;`);
    this.addSql(`drop table if exists \`webhook_deliveries\`;`);
    this.addSql(`drop table if exists \`webhook_endpoints\`;`);
  }

}
