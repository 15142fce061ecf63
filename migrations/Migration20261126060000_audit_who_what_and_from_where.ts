import { Migration } from '@mikro-orm/migrations';

export class Migration20261126060000_audit_who_what_and_from_where extends Migration {

  override name = 'Migration20261126060000_audit_who_what_and_from_where';

  override up(): void | Promise<void> {
    this.addSql(`alter table \`audit_entries\` add \`address\` varchar(64) null, add \`subject\` varchar(191) null, add \`before\` text null, add \`after\` text null, add \`code\` varchar(50) null;`);
    this.addSql(`alter table \`audit_entries\` modify \`user_id\` int unsigned null;`);
    this.addSql(`update \`audit_entries\` set \`subject\` = coalesce(\`job_id\`, \`queue\`);`);
    this.addSql(`alter table \`audit_entries\` add index \`audit_entries_user_id_id_index\` (\`user_id\`, \`id\`);`);
    this.addSql(`alter table \`audit_entries\` add index \`audit_entries_action_id_index\` (\`action\`, \`id\`);`);
    this.addSql(`alter table \`audit_entries\` add index \`audit_entries_subject_id_index\` (\`subject\`, \`id\`);`);
    this.addSql(`alter table \`audit_entries\` add index \`audit_entries_code_at_index\` (\`code\`, \`at\`);`);
    this.addSql(`alter table \`audit_entries\` add index \`audit_entries_at_index\` (\`at\`);`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`audit_entries\` drop index \`audit_entries_user_id_id_index\`;`);
    this.addSql(`alter table \`audit_entries\` drop index \`audit_entries_action_id_index\`;`);
    this.addSql(`alter table \`audit_entries\` drop index \`audit_entries_subject_id_index\`;`);
    this.addSql(`alter table \`audit_entries\` drop index \`audit_entries_code_at_index\`;`);
    this.addSql(`alter table \`audit_entries\` drop index \`audit_entries_at_index\`;`);
    this.addSql(`alter table \`audit_entries\` drop column \`address\`, drop column \`subject\`, drop column \`before\`, drop column \`after\`, drop column \`code\`;`);
    // Nobody known: no user has this id.
    this.addSql(`update \`audit_entries\` set \`user_id\` = 0 where \`user_id\` is null;`);
    this.addSql(`alter table \`audit_entries\` modify \`user_id\` int unsigned not null;`);
  }

}
