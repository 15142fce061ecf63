import { Migration } from '@mikro-orm/migrations';

export class Migration20261127182304_claim_mails_of_alerts extends Migration {

  override name = 'Migration20261127182304_claim_mails_of_alerts';

  override up(): void | Promise<void> {
    this.addSql(`alter table \`alert_firings\` drop index \`alert_firings_user_id_mailed_at_index\`;`);
    this.addSql(`alter table \`alert_firings\` add \`mail_begun_at\` datetime(3) null;`);
    this.addSql(`alter table \`alert_firings\` add index \`alert_firings_user_id_mail_begun_at_index\` (\`user_id\`, \`mail_begun_at\`);`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`alert_firings\` drop index \`alert_firings_user_id_mail_begun_at_index\`;`);
    this.addSql(`alter table \`alert_firings\` drop column \`mail_begun_at\`;`);
    this.addSql(`alter table \`alert_firings\` add index \`alert_firings_user_id_mailed_at_index\` (\`user_id\`, \`mailed_at\`);`);
  }

}
