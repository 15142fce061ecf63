import { Migration } from '@mikro-orm/migrations';

/** Whoever wants to know of a price's moves, what has fired, and how far of the log prices have been judged. */
export class Migration20261126160000_watch_prices_for_alerts extends Migration {

  override name = 'Migration20261126160000_watch_prices_for_alerts';

  override up(): void | Promise<void> {
    this.addSql(`create table \`alert_cursor\` (\`id\` int unsigned not null, \`position\` bigint unsigned not null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    // What has been stored before anybody could ask is judged for nobody.
    this.addSql(`insert into \`alert_cursor\` (\`id\`, \`position\`) select 1, \`position\` from \`event_log_end\` where \`id\` = 1;`);

    this.addSql(`create table \`alert_firings\` (\`alert\` varchar(36) not null, \`number\` int unsigned not null, \`user_id\` int unsigned not null, \`position\` bigint unsigned not null, \`price\` numeric(30,18) not null, \`reference\` numeric(30,18) null, \`as_of\` datetime(3) not null, \`fired_at\` datetime(3) not null, \`order_state\` enum('waiting','placed','refused') null, \`order_id\` varchar(36) null, \`order_code\` varchar(50) null, \`order_detail\` varchar(300) null, \`attempts\` int unsigned not null default 0, \`due_at\` datetime(3) null, \`mailed_at\` datetime(3) null, primary key (\`alert\`, \`number\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`alert_firings\` add index \`alert_firings_due_at_index\` (\`due_at\`);`);
    this.addSql(`alter table \`alert_firings\` add index \`alert_firings_user_id_mailed_at_index\` (\`user_id\`, \`mailed_at\`);`);
    this.addSql(`alter table \`alert_firings\` add index \`alert_firings_fired_at_index\` (\`fired_at\`);`);

    this.addSql(`create table \`judged_symbols\` (\`symbol\` varchar(32) not null, \`as_of\` datetime(3) not null, primary key (\`symbol\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);

    this.addSql(`create table \`price_alerts\` (\`id\` varchar(36) not null, \`user_id\` int unsigned not null, \`symbol\` varchar(32) not null, \`kind\` enum('above','below','percent') not null, \`threshold\` numeric(30,18) not null, \`is_once\` tinyint(1) not null, \`reference\` numeric(30,18) null, \`is_armed\` tinyint(1) not null, \`wake_high\` numeric(30,18) null, \`wake_low\` numeric(30,18) null, \`since\` bigint unsigned not null, \`firings\` int unsigned not null default 0, \`carried\` text null, \`webhook_id\` varchar(36) null, \`created_at\` datetime(3) not null, \`ended_at\` datetime(3) null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`price_alerts\` add index \`price_alerts_user_id_id_index\` (\`user_id\`, \`id\`);`);
    this.addSql(`alter table \`price_alerts\` add index \`price_alerts_symbol_wake_high_index\` (\`symbol\`, \`wake_high\`);`);
    this.addSql(`alter table \`price_alerts\` add index \`price_alerts_symbol_wake_low_index\` (\`symbol\`, \`wake_low\`);`);
    this.addSql(`alter table \`price_alerts\` add index \`price_alerts_ended_at_index\` (\`ended_at\`);`);

    this.addSql(`alter table \`watched_symbols\` add \`for_alerts\` tinyint(1) not null default false;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists \`alert_cursor\`;`);
    this.addSql(`drop table if exists \`alert_firings\`;`);
    this.addSql(`drop table if exists \`judged_symbols\`;`);
    this.addSql(`drop table if exists \`price_alerts\`;`);

    this.addSql(`alter table \`watched_symbols\` drop column \`for_alerts\`;`);
  }

}
