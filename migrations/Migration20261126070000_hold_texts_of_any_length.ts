import { Migration } from '@mikro-orm/migrations';

/** Texts that are as long as what they are about: an answer, an event, a payload. TEXT holds 64 KiB, MEDIUMTEXT 16 MiB. */
const widened = [
  ['audit_entries', 'after', 'null'],
  ['audit_entries', 'before', 'null'],
  ['dead_letters', 'payload', 'not null'],
  ['event_log', 'data', 'not null'],
  ['idempotency_keys', 'body', 'not null'],
  ['outbox_messages', 'body', 'not null'],
] as const;

export class Migration20261126070000_hold_texts_of_any_length extends Migration {

  override name = 'Migration20261126070000_hold_texts_of_any_length';

  override up(): void | Promise<void> {
    for (const [table, column, nullable] of widened)
      this.addSql(`alter table \`${table}\` modify \`${column}\` mediumtext ${nullable};`);
  }

  // Looked at before the first is narrowed: a server without strict mode would cut texts off.
  override async down(): Promise<void> {
    for (const [table, column] of widened) {
      const long = await this.execute(`select 1 from \`${table}\` where length(\`${column}\`) > 65535 limit 1`);
      if (long.length > 0)
        throw new Error(`cannot be undone while ${table}.${column} holds texts of more than 64 KiB; delete these rows first`);
    }
    for (const [table, column, nullable] of widened)
      this.addSql(`alter table \`${table}\` modify \`${column}\` text ${nullable};`);
  }

}
