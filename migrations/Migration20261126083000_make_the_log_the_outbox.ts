import { Migration } from '@mikro-orm/migrations';

/** Events leave through their log: they are given positions after their commit, and the outbox holds jobs alone. */
export class Migration20261126083000_make_the_log_the_outbox extends Migration {

  override name = 'Migration20261126083000_make_the_log_the_outbox';

  override up(): void | Promise<void> {
    this.addSql(`alter table \`event_log\`
      drop primary key, drop index \`event_log_id_unique\`, modify \`position\` bigint unsigned null,
      add \`entry_ms\` bigint unsigned null, add \`schema\` smallint unsigned not null default 1, add \`trace\` varchar(55) null,
      add unique \`event_log_position_unique\` (\`position\`), add primary key (\`id\`);`);
    this.addSql(`create table \`event_log_end\` (\`id\` int unsigned not null, \`position\` bigint unsigned not null, \`entry_ms\` bigint unsigned not null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`insert into \`event_log_end\` (\`id\`, \`position\`, \`entry_ms\`)
      select 1, coalesce(max(\`position\`), 0), floor(unix_timestamp(now(3)) * 1000) from \`event_log\`;`);
    this.addSql(`update \`event_log\` set \`entry_ms\` = (select \`entry_ms\` from \`event_log_end\` where \`id\` = 1);`);
    // What has not been sent is numbered anew. Where it stood is kept in its place, for who goes back.
    this.addSql(`update \`event_log\` e join \`outbox_messages\` m on m.\`id\` = e.\`id\` and m.\`stream\` is not null
      set e.\`entry_ms\` = e.\`position\`, e.\`position\` = null, e.\`trace\` = m.\`trace\`;`);
    this.addSql(`delete from \`outbox_messages\` where \`stream\` is not null;`);
    this.addSql(`alter table \`outbox_messages\`
      drop index \`outbox_messages_stream_subject_version_index\`, drop column \`stream\`, drop column \`subject\`, drop column \`version\`,
      add \`claim\` varchar(36) null;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`outbox_messages\`
      drop column \`claim\`, add \`stream\` varchar(50) null, add \`subject\` varchar(100) null, add \`version\` int unsigned null,
      add index \`outbox_messages_stream_subject_version_index\` (\`stream\`, \`subject\`, \`version\`);`);
    this.addSql(`insert ignore into \`outbox_messages\` (\`id\`, \`name\`, \`stream\`, \`subject\`, \`version\`, \`body\`, \`trace\`, \`created_at\`, \`lease_until\`)
      select \`id\`, \`type\`, \`stream\`, \`subject\`, \`version\`, \`data\`, \`trace\`, \`at\`, \`at\` from \`event_log\` where \`position\` is null;`);
    this.addSql(`update \`event_log\` set \`position\` = \`entry_ms\` where \`position\` is null and \`entry_ms\` is not null;`);
    this.addSql(`update \`event_log\` e join (
        select \`id\`, row_number() over (order by \`version\`, \`id\`) + (select coalesce(max(\`position\`), 0) from \`event_log\`) as \`position\`
        from \`event_log\` where \`position\` is null
      ) n on n.\`id\` = e.\`id\` set e.\`position\` = n.\`position\`;`);
    this.addSql(`drop table \`event_log_end\`;`);
    this.addSql(`alter table \`event_log\`
      drop primary key, drop index \`event_log_position_unique\`,
      drop column \`entry_ms\`, drop column \`schema\`, drop column \`trace\`,
      modify \`position\` bigint unsigned not null auto_increment, add primary key (\`position\`),
      add unique \`event_log_id_unique\` (\`id\`);`);
  }

}
