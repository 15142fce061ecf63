import { Migration } from '@mikro-orm/migrations';

/** Notes when amounts began to have the decimals of ISO 4217: what is older is compared with the gateway by a job. */
export class Migration20261126010000_when_amounts_became_the_standards extends Migration {

  override name = 'Migration20261126010000_when_amounts_became_the_standards';

  override up(): void | Promise<void> {
    const now = new Date().toISOString();
    const at = now.replace('T', ' ').replace('Z', '');
    this.addSql(`insert into \`settings\` (\`name\`, \`value\`, \`changed_by\`, \`changed_at\`) values ('amounts.standard_since', '${now}', 0, '${at}') on duplicate key update \`name\` = \`name\`;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`delete from \`settings\` where \`name\` in ('amounts.standard_since', 'amounts.mended_to');`);
  }

}
